import type { UnpluginInstance } from "unplugin";
import { plugin, type PluginOptions } from "./unplugin.js";

/**
 * The plugin for Rspack. A plain call, with options that may be left out.
 *
 * ```js
 * // rspack.config.js
 * import fibril from "@fibril/compiler/rspack";
 *
 * export default { entry: "./app.js", plugins: [fibril()] };
 * ```
 */
const forBundler: UnpluginInstance<PluginOptions | undefined>["rspack"] = plugin.rspack;
export default forBundler;
