/** TypeScript is compiled after oxc has made JavaScript of it. */
import { transformSync } from "oxc-transform";
import { SourceError } from "./syntax/parse.js";

export interface Untyped {
  readonly code: string;
  /** From the JavaScript to the TypeScript. */
  readonly map: object;
}

/** Throws SourceError if the text has a syntax error. */
export function removeTypes(file: string, source: string, language: "ts" | "tsx"): Untyped {
  const { code, map, errors } = transformSync(file, source, {
    lang: language,
    sourcemap: true,
    target: "esnext",
    jsx: "preserve",
    typescript: { onlyRemoveTypeImports: true },
  });
  const error = errors[0];
  if (error !== undefined || map === undefined) {
    const at = error?.labels[0]?.start ?? 0;
    throw new SourceError(file, source, at, error?.message ?? "no output");
  }
  return { code, map };
}
