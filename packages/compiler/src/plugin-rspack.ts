import type { UnpluginInstance } from "unplugin";
import { plugin, type PluginOptions } from "./unplugin.js";

const forBundler: UnpluginInstance<PluginOptions | undefined>["rspack"] = plugin.rspack;
export default forBundler;
