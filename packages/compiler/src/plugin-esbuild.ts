import type { UnpluginInstance } from "unplugin";
import { plugin, type PluginOptions } from "./unplugin.js";

/**
 * The plugin for esbuild. A plain call, with options that may be left out.
 *
 * ```js
 * import fibril from "@fibril/compiler/esbuild";
 * import { build } from "esbuild";
 *
 * await build({ entryPoints: ["app.ts"], bundle: true, plugins: [fibril()] });
 * ```
 */
const forBundler: UnpluginInstance<PluginOptions | undefined>["esbuild"] = plugin.esbuild;
export default forBundler;
