/** The files and folders that are compiled, and where their output goes. */
import { readdirSync, statSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";
import { isScript, outputName } from "./compile-file.js";

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

/** Whether a file or a folder is left out: packages, and an output folder that lies in the input. */
export function isLeftOut(path: string, input: Input, out: string | undefined): boolean {
  if (path.split(/[\\/]/).includes("node_modules")) return true;
  if (out === undefined || isWithin(input.path, out)) return false;
  return isWithin(path, out);
}

/** All files of an input. */
export function filesOf(input: Input, out: string | undefined): string[] {
  const { path, isFolder } = input;
  if (!isFolder) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile() && isScript(each.name))
    .map((each) => join(each.parentPath, each.name))
    .filter((each) => !isLeftOut(each, input, out));
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
