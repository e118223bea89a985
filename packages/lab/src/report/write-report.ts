/** A report on disk: a page alone, or a folder with the page and what it was made from. */
import { writeFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { toCsv } from "../tables/csv.js";
import { type Stored, toJson } from "../runs/store.js";
import { toHtml } from "./page.js";

/** To a path that ends in `.html`, or into a folder that is there. Answers the names of what it wrote. */
export function writeReport(runs: readonly Stored[], target: string): string[] {
  const page = toHtml(...runs);
  if (isPage(target)) {
    writeFileSync(target, page);
    return [target];
  }
  const files = [["index.html", page]] as [name: string, text: string][];
  const [run, ...others] = runs;
  // Several runs are in the files that they came from.
  if (run !== undefined && others.length === 0) {
    files.push(["report.json", toJson(run)], ["report.csv", toCsv(run.results)]);
  }
  for (const [name, text] of files) writeFileSync(join(target, name), text);
  return files.map(([name]) => join(target, name));
}

/** What is said of the files that were written. */
export const writtenLine = (paths: readonly string[]): string =>
  `written: ${paths.map((path) => relative(process.cwd(), path)).join(", ")}\n`;

export const isPage = (target: string): boolean => extname(target) === ".html";
