#!/usr/bin/env node
/** `fibril-compile src -d out`: compiles files and folders. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { parseArgs } from "node:util";
import { takeInputMap } from "./input-map.js";
import { SourceError } from "./syntax/parse.js";
import { mayHaveRoutines } from "./scan.js";
import { transform } from "./transform.js";

const USAGE = `fibril-compile <file or folder>... -d <folder>

  -d, --out <folder>  where the output goes
  --all               compile every generator function, not only routines
  --explain           print for each generator function whether it was compiled, and if not, why
  --no-map            write no source maps
`;

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      out: { type: "string", short: "d" },
      all: { type: "boolean", default: false },
      explain: { type: "boolean", default: false },
      "no-map": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (positionals.length === 0 || (values.out === undefined && !values.explain)) {
    process.stderr.write(USAGE);
    return 2;
  }
  for (const input of positionals) {
    const isFolder = statSync(input).isDirectory();
    const files = isFolder ? filesOf(input) : [input];
    for (const file of files) {
      const target = isFolder ? relative(input, file) : basename(file);
      compile(file, values.out === undefined ? undefined : join(values.out, target), values);
    }
  }
  return 0;
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(
      (each) =>
        each.isFile() && /\.[cm]?[jt]sx?$/.test(each.name) && !/\.d\.[cm]?ts$/.test(each.name),
    )
    .map((each) => join(each.parentPath, each.name))
    .filter((each) => !each.includes("node_modules"));
}

interface Flags {
  readonly all: boolean;
  readonly explain: boolean;
  readonly "no-map": boolean;
}

function compile(file: string, target: string | undefined, flags: Flags): void {
  const output = target === undefined ? undefined : scriptName(target);
  const source = readFileSync(file, "utf8");
  const isTyped = /\.[cm]?tsx?$/.test(file);
  let code = source;
  if (isTyped || mayHaveRoutines(source, flags.all)) {
    const map = output !== undefined && !flags["no-map"];
    const { text, map: inputMap } = takeInputMap(file, source);
    const result = transform(text, { file, all: flags.all, map, inputMap });
    ({ code } = result);
    if (flags.explain) {
      for (const { name, line, column, compiled, reason } of result.explanations) {
        const what = name === "" ? "a function without a name" : name;
        process.stdout.write(
          `${file}:${line}:${column}: ${what}: ${compiled ? "compiled" : `not compiled: ${reason}`}\n`,
        );
      }
    }
    if (output !== undefined && result.map !== null) {
      mkdirSync(dirname(output), { recursive: true });
      // A source map names its sources as seen from where it lies itself.
      const sources = (result.map as { sources: (string | null)[] }).sources.map(
        (each) => each && relative(dirname(output), each).replaceAll("\\", "/"),
      );
      const written = { ...result.map, file: basename(output), sources };
      writeFileSync(`${output}.map`, JSON.stringify(written));
      code += `\n//# sourceMappingURL=${basename(output)}.map\n`;
    }
  }
  if (output === undefined) return;
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, code);
}

/** Types are gone, so the output of `a.ts` is `a.js`. */
function scriptName(file: string): string {
  return file.replace(/\.([cm]?)ts(x?)$/, ".$1js$2");
}

/** Whether the user can mend it: a text that is no JavaScript, an unknown option, a file that cannot be read or written. */
function isOfUser(error: unknown): error is Error {
  if (error instanceof SourceError) return true;
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && (code.startsWith("ERR_PARSE_ARGS") || /^E[A-Z]+$/.test(code));
}

try {
  process.exitCode = main();
} catch (error) {
  if (!isOfUser(error)) throw error;
  process.stderr.write(
    `${error instanceof SourceError ? "" : "fibril-compile: "}${error.message}\n`,
  );
  process.exitCode = error instanceof SourceError ? 1 : 2;
}
