import type { UnpluginInstance } from "unplugin";
import { plugin, type PluginOptions } from "./unplugin.js";

const forBundler: UnpluginInstance<PluginOptions | undefined>["rollup"] = plugin.rollup;
export default forBundler;
