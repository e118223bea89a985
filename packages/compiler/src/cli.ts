#!/usr/bin/env node
/** `fibril-compile src -d out`: compiles files and folders. */
import { relative } from "node:path";
import { parseArgs } from "node:util";
import { compileFile, type FileOptions } from "./compile-file.js";
import { clashOf, inputOf, tasksOf } from "./inputs.js";
import { SourceError } from "./syntax/parse.js";
import { watch } from "./watch.js";

const USAGE = `fibril-compile <file or folder>... -d <folder>

  -d, --out <folder>  where the output goes
  --all               compile every generator function, not only routines
  --explain           print for each generator function, and each function in direct style, whether it
                      was compiled, and if not, why
  --no-map            write no source maps
  -w, --watch         go on, and compile each file that changes; Ctrl-C ends
`;

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      out: { type: "string", short: "d" },
      all: { type: "boolean", default: false },
      explain: { type: "boolean", default: false },
      "no-map": { type: "boolean", default: false },
      watch: { type: "boolean", short: "w", default: false },
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
  const { all, explain, out } = values;
  if (out === "") {
    // A variable of the shell that is not set; as a path, it would be the current folder.
    process.stderr.write("fibril-compile: --out names no folder\n");
    return 2;
  }
  const options: FileOptions = { all, explain, map: !values["no-map"] };
  const inputs = positionals.map(inputOf);
  const tasks = tasksOf(inputs, out);
  const clash = clashOf(tasks);
  if (clash !== null) {
    process.stderr.write(`fibril-compile: ${clash}\n`);
    return 2;
  }
  if (values.watch) {
    const same = inputs.find(({ path }) => out !== undefined && relative(path, out) === "");
    if (same !== undefined) {
      process.stderr.write(`fibril-compile: --watch would see its own output in ${same.path}\n`);
      return 2;
    }
    watch(inputs, { ...options, out, failed: tell });
    return 0;
  }
  for (const { file, output } of tasks) compileFile(file, output, options);
  return 0;
}

/** Whether the user can mend it: a text that is no JavaScript, an unknown option, a file that cannot be read or written. */
function isOfUser(error: unknown): error is Error {
  if (error instanceof SourceError) return true;
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && (code.startsWith("ERR_PARSE_ARGS") || /^E[A-Z]+$/.test(code));
}

/** Prints what the user can mend, and throws anything else. */
function tell(error: unknown): void {
  if (!isOfUser(error)) throw error;
  const by = error instanceof SourceError ? "" : "fibril-compile: ";
  process.stderr.write(`${by}${error.message}\n`);
}

try {
  process.exitCode = main();
} catch (error) {
  tell(error);
  process.exitCode = error instanceof SourceError ? 1 : 2;
}
