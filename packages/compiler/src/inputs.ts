/** The files and folders that are compiled, and where their output goes. */
import { lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { isScript } from "./compile-file.js";
import { outputName } from "./specifiers.js";

export interface Input {
  readonly path: string;
  readonly isFolder: boolean;
}

/** Throws what Node throws for a path that is not there. */
export function inputOf(path: string): Input {
  return { path, isFolder: statSync(path).isDirectory() };
}

/** Whether a path lies in a folder, or is the folder. */
function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`);
}

/** Whether a file or a folder is left out: packages, links in a circle, and an output folder that lies in the input. */
export function isLeftOut(path: string, input: Input, out: string | undefined): boolean {
  if (path.split(/[\\/]/).includes("node_modules") || isUselessLink(path, input)) return true;
  if (out === undefined || isWithin(input.path, out)) return false;
  return isWithin(path, out);
}

/** A file, and where its output goes; undefined if nothing is written. */
export interface Task {
  readonly file: string;
  readonly output: string | undefined;
}

/** What is to be compiled. */
export function tasksOf(inputs: readonly Input[], out: string | undefined): Task[] {
  const tasks = inputs.flatMap((input) =>
    filesOf(input, out).map((file): Task => ({ file, output: outputOf(file, input, out) })),
  );
  const made = new Set(
    tasks.filter((each) => !isInPlace(each)).map(({ output }) => output && resolve(output)),
  );
  // `fibril-compile src -d src` leaves `a.js` beside `a.ts`, and finds both the next time.
  return tasks.filter((each) => !isInPlace(each) || !made.has(resolve(each.file)));
}

function isInPlace({ file, output }: Task): boolean {
  return output !== undefined && resolve(output) === resolve(file);
}

/** Says which two files have the same output; null if none have. */
export function clashOf(tasks: readonly Task[]): string | null {
  const writers = new Map<string, string>();
  for (const { file, output } of tasks) {
    if (output === undefined) continue;
    const writer = writers.get(output);
    if (writer !== undefined && resolve(writer) !== resolve(file)) {
      return `${writer} and ${file} would both be written to ${output}`;
    }
    writers.set(output, file);
  }
  return null;
}

/** Whether a path is a link that leads nowhere, or to a folder through which the way to the link went. */
function isUselessLink(path: string, input: Input): boolean {
  // A path that is gone is no link: a watch has to hear of it.
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return false;
  if (resolve(path) === resolve(input.path)) return false;
  let target: string;
  try {
    target = realpathSync(path);
  } catch {
    return true;
  }
  const first = resolve(input.path);
  for (let folder = dirname(resolve(path)); isWithin(folder, first); folder = dirname(folder)) {
    if (isWithin(realpathSync(folder), target)) return true;
  }
  return false;
}

/** All files of an input. */
function filesOf(input: Input, out: string | undefined): string[] {
  return input.isFolder ? filesIn(input.path, input, out) : [input.path];
}

function filesIn(folder: string, input: Input, out: string | undefined): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (isLeftOut(path, input, out)) return [];
    const stats = statSync(path);
    if (stats.isDirectory()) return filesIn(path, input, out);
    return stats.isFile() && isScript(name) ? [path] : [];
  });
}

/** Where the output of a file of an input goes; undefined if nothing is written. */
export function outputOf(
  file: string,
  { path, isFolder }: Input,
  out: string | undefined,
): string | undefined {
  const target = isFolder ? relative(path, file) : basename(file);
  return out === undefined ? undefined : outputName(join(out, target));
}
