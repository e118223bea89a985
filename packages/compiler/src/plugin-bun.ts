/** For Bun, both as a bundler (`Bun.build`) and for what it loads (`Bun.plugin` in a file that is preloaded). */
import { readFile } from "node:fs/promises";
import { compileInline } from "./inline.js";
import { mayHaveRoutines } from "./scan.js";
import type { PluginOptions } from "./unplugin.js";

interface Loaded {
  readonly contents: string;
  readonly loader: string;
}

/** The part of Bun's interface that is used here. */
export interface BunPlugin {
  readonly name: string;
  setup(build: {
    onLoad(
      which: { readonly filter: RegExp },
      load: (file: { readonly path: string }) => Promise<Loaded>,
    ): unknown;
  }): void;
}

const FILES = /^(?!.*node_modules).*\.[cm]?[jt]sx?$/;

/**
 * The plugin for Bun. A plain call, with options that may be left out.
 *
 * ```js
 * import fibril from "@fibril/compiler/bun";
 *
 * await Bun.build({ entrypoints: ["app.ts"], outdir: "out", plugins: [fibril()] });
 * ```
 */
export default function fibril({ all = false, include = FILES }: PluginOptions = {}): BunPlugin {
  return {
    name: "fibril-compiler",
    setup(build) {
      build.onLoad({ filter: include }, async ({ path }) => {
        const text = await readFile(path, "utf8");
        const extension = /\.[cm]?([jt]sx?)$/.exec(path)?.[1] ?? "js";
        if (!mayHaveRoutines(text, all)) return { contents: text, loader: extension };
        const contents = compileInline(path, text, "unambiguous", all);
        return { contents, loader: extension.replace("ts", "js") };
      });
    },
  };
}
