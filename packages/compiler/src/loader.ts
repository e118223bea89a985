/** The hook that `register` installs in Node's module loader. */
import { readFile } from "node:fs/promises";
import type { LoadHook } from "node:module";
import { fileURLToPath } from "node:url";
import { isCommonJs } from "./common-js.js";
import { compileInline } from "./inline.js";
import { mayHaveRoutines } from "./scan.js";

const ALL = process.env["FIBRIL_COMPILER"] === "all";

/** Older versions of Node do not load TypeScript, so the hook reads it itself. */
const TYPED = /\.[cm]?tsx?$/;

export const load: LoadHook = async (url, context, nextLoad) => {
  const isOwn = url.startsWith("file:") && !url.includes("/node_modules/");
  if (isOwn && TYPED.test(new URL(url).pathname)) {
    const file = fileURLToPath(url);
    const text = await readFile(file, "utf8");
    // Without a source, Node loads it as `require` does, and `register` compiles it there.
    if (isCommonJs(file, text)) return { format: "commonjs", shortCircuit: true };
    return {
      format: "module",
      source: compileInline(file, text, "module", ALL),
      shortCircuit: true,
    };
  }
  const loaded = await nextLoad(url, context);
  const { format, source } = loaded;
  if (!isOwn || source == null || format !== "module") return loaded;
  const text = typeof source === "string" ? source : new TextDecoder().decode(source);
  if (!mayHaveRoutines(text, ALL)) return loaded;
  return { ...loaded, source: compileInline(fileURLToPath(url), text, "module", ALL) };
};
