/** The plugin for bundlers: `@fibril/compiler/vite`, and the same for the others. */
import { createUnplugin, type UnpluginInstance } from "unplugin";
import { mayHaveRoutines } from "./scan.js";
import { transform, type TransformResult } from "./transform.js";

/** Options of the plugins for bundlers. */
export interface PluginOptions {
  /** Compile every generator function, also those that are used as ordinary iterators. */
  readonly all?: boolean;
  /** Which files; without it, all JavaScript and TypeScript files outside of `node_modules`. */
  readonly include?: RegExp;
}

/** Vite loads the script of a worker under `worker.ts?worker_file&type=module`. */
const FILES = /\.[cm]?[jt]sx?(\?|$)/;

/** The plugin for all bundlers that unplugin knows. */
export const plugin: UnpluginInstance<PluginOptions | undefined> = createUnplugin<
  PluginOptions | undefined
>(({ all = false, include = FILES }: PluginOptions = {}) => {
  // In watch mode, some bundlers ask again for files that have not changed.
  const known = new Map<string, { readonly text: string; readonly output: TransformResult }>();
  return {
    name: "fibril-compiler",
    transform: {
      filter: { id: { include, exclude: /node_modules/ } },
      handler(text, id) {
        if (!mayHaveRoutines(text, all)) return null;
        let output = known.get(id)?.text === text ? known.get(id)?.output : undefined;
        if (output === undefined) {
          const file = id.replace(/\?.*$/, "");
          output = transform(text, { file, sourceType: "unambiguous", all, map: true });
          known.set(id, { text, output });
        }
        return { code: output.code, map: output.map as never };
      },
    },
  };
});
