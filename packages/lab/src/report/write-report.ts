/**
 * Writes the report to disk: the page alone, or a folder with the page and the run that it was made
 * from.
 */
import { writeFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { toCsv } from "../tables/csv.js";
import { type Stored, toJson } from "../runs/store.js";
import { toHtml } from "./page.js";

/**
 * Writes to a path that ends in `.html`, or into an existing folder. Returns the paths of the files
 * written.
 */
export function writeReport(runs: readonly Stored[], target: string): string[] {
  const page = toHtml(...runs);
  if (isPage(target)) {
    writeFileSync(target, page);
    return [target];
  }
  const files = [["index.html", page]] as [name: string, text: string][];
  const [run, ...others] = runs;
  // Several runs are already in the files that they were read from.
  if (run !== undefined && others.length === 0) {
    files.push(["report.json", toJson(run)], ["report.csv", toCsv(run.results)]);
  }
  for (const [name, text] of files) writeFileSync(join(target, name), text);
  return files.map(([name]) => join(target, name));
}

/** The line that the lab prints about the files written. */
export const writtenLine = (paths: readonly string[]): string =>
  `written: ${paths.map((path) => relative(process.cwd(), path)).join(", ")}\n`;

export const isPage = (target: string): boolean => extname(target) === ".html";
