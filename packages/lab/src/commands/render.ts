/** A run in the format that the user asked for, or that the ending of a file implies. */
import { extname } from "node:path";
import type { Experiment } from "../cell.js";
import { toCsv } from "../tables/csv.js";
import type { Suite } from "../experiments/experiment.js";
import { experimentNamed } from "../experiments/registry.js";
import { bugReportLines } from "../tables/bug-report.js";
import { machineLine } from "../runs/machine.js";
import { toHtml } from "../report/page.js";
import { toPlots } from "../report/plots.js";
import { type Stored, toJson } from "../runs/store.js";
import { toMarkdown, toText } from "../figures/table.js";
import { tables } from "../tables/tables.js";

/** An experiment, or several under one name. */
export type Wanted = Experiment | Suite | "all";

/** The formats that can be printed. */
export const FORMATS = ["table", "markdown", "csv", "json", "plot"] as const;
/** A page can only be written to a file. */
export type Format = (typeof FORMATS)[number] | "html";

const ENDINGS: Readonly<Record<string, Format>> = {
  ".json": "json",
  ".csv": "csv",
  ".md": "markdown",
  ".html": "html",
};

/** The format that the user asked for; otherwise that of the file's ending. */
export function formatOf({ format, out = "" }: { format?: Format; out?: string }): Format {
  return format ?? ENDINGS[extname(out)] ?? "table";
}

/** Several experiments under one name. */
export function isSuite(name: Wanted): name is Suite | "all" {
  return name === "all" || name === "tasks" || name === "net";
}

export function render(name: Wanted, format: Format, run: Stored): string {
  const { results, machine, date } = run;
  const own = isSuite(name) ? undefined : experimentNamed(name);
  if (format === "csv") return own?.csv?.(results) ?? toCsv(results);
  if (format === "json") return toJson(run);
  if (format === "html") return toHtml(run);
  const about = `${machineLine(machine)}, ${date}\n`;
  if (format === "plot") return `${about}\n${toPlots(results, run.profiles)}`;
  const shown = [...tables(results), ...(own?.below?.(results) ?? [])];
  if (format === "markdown") return `${about}\n${shown.map(toMarkdown).join("\n\n")}\n`;
  if (isSuite(name) || own?.line === undefined)
    return `${about}\n${shown.map(toText).join("\n\n")}\n`;
  return `${about}\n${bugReportLines(name, results)}\n`;
}
