import type { UnpluginInstance } from "unplugin";
import { plugin, type PluginOptions } from "./unplugin.js";

/**
 * The plugin for Rolldown. A plain call, with options that may be left out.
 *
 * ```js
 * // rolldown.config.js
 * import fibril from "@fibril/compiler/rolldown";
 *
 * export default { input: "app.js", plugins: [fibril()] };
 * ```
 */
const forBundler: UnpluginInstance<PluginOptions | undefined>["rolldown"] = plugin.rolldown;
export default forBundler;
