/** The plugin for bundlers: `@fibril/compiler/vite`, and the same for the others. */
import { createUnplugin, type UnpluginInstance } from "unplugin";
import { mayHaveRoutines } from "./scan.js";
import { transform } from "./transform.js";

export interface PluginOptions {
  /** Compile every generator function, also those that are used as ordinary iterators. */
  readonly all?: boolean;
  /** Which files; without it, all JavaScript and TypeScript files outside of `node_modules`. */
  readonly include?: RegExp;
}

const FILES = /\.[cm]?[jt]sx?$/;

/** The plugin for all bundlers that unplugin knows. */
export const plugin: UnpluginInstance<PluginOptions | undefined> = createUnplugin<
  PluginOptions | undefined
>(({ all = false, include = FILES }: PluginOptions = {}) => ({
  name: "fibril-compiler",
  transform: {
    filter: { id: { include, exclude: /node_modules/ } },
    handler(code, id) {
      if (!mayHaveRoutines(code, all)) return null;
      const file = id.replace(/\?.*$/, "");
      const result = transform(code, { file, sourceType: "unambiguous", all, map: true });
      return { code: result.code, map: result.map as never };
    },
  },
}));
