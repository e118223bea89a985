import type { UnpluginInstance } from "unplugin";
import { plugin, type PluginOptions } from "./unplugin.js";

/**
 * The plugin for Vite. A plain call, with options that may be left out.
 *
 * ```js
 * // vite.config.js
 * import fibril from "@fibril/compiler/vite";
 * import { defineConfig } from "vite";
 *
 * export default defineConfig({ plugins: [fibril()] });
 * ```
 */
const forBundler: UnpluginInstance<PluginOptions | undefined>["vite"] = plugin.vite;
export default forBundler;
