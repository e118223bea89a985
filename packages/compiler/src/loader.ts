/** The hook that `register` installs in Node's module loader. */
import { readFile } from "node:fs/promises";
import type { LoadHook } from "node:module";
import { fileURLToPath } from "node:url";
import { compileInline } from "./inline.js";
import { mayHaveRoutines } from "./scan.js";

const ALL = process.env["FIBRIL_COMPILER"] === "all";

/** Older versions of Node do not load TypeScript, so the hook reads it itself. */
const TYPED = /\.([cm]?)tsx?$/;

export const load: LoadHook = async (url, context, nextLoad) => {
  const isOwn = url.startsWith("file:") && !url.includes("/node_modules/");
  const typed = isOwn ? TYPED.exec(new URL(url).pathname) : null;
  if (typed !== null) {
    const file = fileURLToPath(url);
    const isModule = typed[1] !== "c";
    const text = await readFile(file, "utf8");
    return {
      format: isModule ? "module" : "commonjs",
      source: compileInline(file, text, isModule ? "module" : "script", ALL),
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
