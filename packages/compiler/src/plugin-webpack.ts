import type { UnpluginInstance } from "unplugin";
import { plugin, type PluginOptions } from "./unplugin.js";

const forBundler: UnpluginInstance<PluginOptions | undefined>["webpack"] = plugin.webpack;
export default forBundler;
