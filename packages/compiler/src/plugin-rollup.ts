import type { UnpluginInstance } from "unplugin";
import { plugin, type PluginOptions } from "./unplugin.js";

/**
 * The plugin for Rollup. A plain call, with options that may be left out.
 *
 * ```js
 * // rollup.config.js
 * import fibril from "@fibril/compiler/rollup";
 *
 * export default { input: "app.js", plugins: [fibril()] };
 * ```
 */
const forBundler: UnpluginInstance<PluginOptions | undefined>["rollup"] = plugin.rollup;
export default forBundler;
