import type { UnpluginInstance } from "unplugin";
import { plugin, type PluginOptions } from "./unplugin.js";

/**
 * The plugin for webpack. A plain call, with options that may be left out.
 *
 * ```js
 * // webpack.config.js
 * import fibril from "@fibril/compiler/webpack";
 *
 * export default { entry: "./app.js", plugins: [fibril()] };
 * ```
 */
const forBundler: UnpluginInstance<PluginOptions | undefined>["webpack"] = plugin.webpack;
export default forBundler;
