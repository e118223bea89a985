/** The hook that `register` installs in Node's module loader. */
import type { LoadHook } from "node:module";
import { fileURLToPath } from "node:url";
import { mayHaveRoutines } from "./scan.js";
import { transform } from "./transform.js";

const ALL = process.env["FIBRIL_COMPILER"] === "all";

export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  const { format, source } = loaded;
  if (source == null || !url.startsWith("file:") || url.includes("/node_modules/")) return loaded;
  const isTyped = format?.endsWith("-typescript") === true;
  if (!isTyped && format !== "module" && format !== "commonjs") return loaded;
  const text = typeof source === "string" ? source : new TextDecoder().decode(source);
  if (!mayHaveRoutines(text, ALL)) return loaded;
  const file = fileURLToPath(url);
  const isModule = format?.startsWith("module");
  const { code, map } = transform(text, {
    file,
    language: isTyped ? "ts" : "js",
    sourceType: isModule ? "module" : "script",
    all: ALL,
    map: true,
  });
  const inline = Buffer.from(JSON.stringify(map)).toString("base64");
  return {
    ...loaded,
    format: isModule ? "module" : "commonjs",
    source: `${code}\n//# sourceMappingURL=data:application/json;base64,${inline}\n`,
  };
};
