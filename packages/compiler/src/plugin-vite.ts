import type { UnpluginInstance } from "unplugin";
import { plugin, type PluginOptions } from "./unplugin.js";

const forBundler: UnpluginInstance<PluginOptions | undefined>["vite"] = plugin.vite;
export default forBundler;
