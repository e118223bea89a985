import type { UnpluginInstance } from "unplugin";
import { plugin, type PluginOptions } from "./unplugin.js";

const forBundler: UnpluginInstance<PluginOptions | undefined>["rolldown"] = plugin.rolldown;
export default forBundler;
