/** Compiles a file into another, with its source map beside it. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, relative } from "node:path";
import { takeInputMap } from "./input-map.js";
import { mayHaveRoutines } from "./scan.js";
import { withOutputNames } from "./specifiers.js";
import { transform } from "./transform.js";

/** What may be compiled. Declarations have no code. */
export function isScript(file: string): boolean {
  return /\.[cm]?[jt]sx?$/.test(file) && !/\.d\.[cm]?ts$/.test(file);
}

export interface FileOptions {
  /** Compile every generator function, also those that are used as ordinary iterators. */
  readonly all: boolean;
  readonly map: boolean;
  /** Print for each function that may be compiled whether it was. */
  readonly explain: boolean;
}

/** Without `output`, nothing is written. Throws SourceError, and what Node throws for files. */
export function compileFile(file: string, output: string | undefined, options: FileOptions): void {
  const source = readFileSync(file, "utf8");
  const isTyped = /\.[cm]?tsx?$/.test(file);
  let code = source;
  let comment = "";
  if (isTyped || mayHaveRoutines(source, options.all)) {
    const { text, map: inputMap } = takeInputMap(file, source);
    const map = output !== undefined && options.map;
    const result = transform(text, { file, all: options.all, map, inputMap });
    ({ code } = result);
    if (options.explain) {
      for (const { name, line, column, compiled, reason } of result.explanations) {
        const what = name === "" ? "a function without a name" : name;
        process.stdout.write(
          `${file}:${line}:${column}: ${what}: ${compiled ? "compiled" : `not compiled: ${reason}`}\n`,
        );
      }
    }
    if (output !== undefined && result.map !== null) {
      mkdirSync(dirname(output), { recursive: true });
      // A source map names its sources by URLs, as seen from where it lies itself. Those of another tool's map are URLs already.
      const sources = (result.map as { sources: (string | null)[] }).sources.map((each) => {
        const way = each && relative(dirname(output), each).replaceAll("\\", "/");
        return each === file ? asUrl(way as string) : way;
      });
      const written = { ...result.map, file: basename(output), sources };
      writeFileSync(`${output}.map`, JSON.stringify(written));
      comment = `\n//# sourceMappingURL=${asUrl(basename(output))}.map\n`;
    }
  }
  if (output === undefined) return;
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, withOutputNames(file, code) + comment);
}

/** A path may have spaces, or what has a meaning in a URL, such as `%` and `#`. */
function asUrl(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
