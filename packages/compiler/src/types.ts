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
  const transformAs = (sourceType?: "commonjs"): ReturnType<typeof transformSync> =>
    transformSync(file, source, {
      lang: language,
      sourceType,
      sourcemap: true,
      target: "esnext",
      jsx: "preserve",
      typescript: { onlyRemoveTypeImports: true },
    });
  let result = transformAs();
  if (result.errors.length > 0) {
    // Only a CommonJS module may `return`.
    const commonJs = transformAs("commonjs");
    if (commonJs.errors.length === 0) result = commonJs;
  }
  const { code, map, errors } = result;
  const error = errors[0];
  if (error !== undefined || map === undefined) {
    const at = error?.labels[0]?.start ?? 0;
    throw new SourceError(file, source, at, error?.message ?? "no output");
  }
  return { code, map };
}
