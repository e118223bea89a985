/** Results in the form of the bug report, line for line. */
import { type Experiment, type Result } from "../cell.js";
import { experimentNamed } from "../experiments/registry.js";
import { bugReportRow } from "../figures/bug-report-lines.js";
import { between } from "../figures/column.js";
import { doubts } from "./notes.js";
import { isSummary, type Verdict, verdict } from "../figures/summary.js";

/** One experiment in the form of the bug report, runtime after runtime. */
export function bugReportLines(experiment: Experiment, results: readonly Result[]): string {
  const groups = group(results);
  return [...groups]
    .map(([name, members]) =>
      [name, block(experiment, members), ...doubts(members).map((note) => `  ${note}`)].join("\n"),
    )
    .join("\n\n");
}

function group(results: readonly Result[]): Map<string, Result[]> {
  const groups = new Map<string, Result[]>();
  for (const result of results) {
    const { runtime, order } = result.cell;
    const name = order === "sequential" ? runtime : `${runtime}, ${order}`;
    const members = groups.get(name);
    if (members === undefined) groups.set(name, [result]);
    else members.push(result);
  }
  return groups;
}

function block(experiment: Experiment, members: readonly Result[]): string {
  if (experiment === "scale") return scaleTable(members);
  return members.map((result) => line(experiment, result, verdict(result))).join("\n");
}

function line(experiment: Experiment, { cell }: Result, found: Verdict): string {
  const { sizes, line: own, columns } = experimentNamed(experiment);
  if (found === undefined) return `${sizes}: ${cell.fibers} not measured`;
  if (!isSummary(found)) return trouble(sizes, cell.fibers, found);
  const [column] = columns;
  const range = column && between(column, found);
  return (own?.(found) ?? "") + (range === undefined ? "" : ` (${range} ${column?.head})`);
}

function trouble(sizes: string, size: number, found: Exclude<Verdict, undefined>): string {
  if ("stoppedAt" in found && found.asWith !== undefined)
    return `Stopped at ${found.stoppedAt} ${sizes}, as with ${found.asWith}`;
  if ("stoppedAt" in found) {
    const hint = found.hint === undefined ? "" : `\n(${found.hint})`;
    return `Stopped at ${found.stoppedAt} ${sizes}\n${found.error}${hint}`;
  }
  if ("quoted" in found) return `${sizes}: ${size} rate: ${found.rate} (${found.quoted})`;
  return "failed" in found ? `${sizes}: ${size} failed: ${found.failed}` : "";
}

/** The table as the third program of the bug report prints it. */
function scaleTable(members: readonly Result[]): string {
  const lines = [
    "| fibers           | elapsed time (s) | rate (t/s)       |",
    "| ---------------- | ---------------- | ---------------- |",
  ];
  const below = new Set<string>();
  for (const result of members) {
    const found = verdict(result);
    const { fibers } = result.cell;
    if (found === undefined || isSummary(found)) {
      lines.push(line("scale", result, found));
    } else if ("quoted" in found) {
      lines.push(bugReportRow(fibers, "quoted", found.rate.toFixed(2)));
      below.add(found.quoted);
    } else {
      lines.push(bugReportRow(fibers, "-", "-"));
      below.add(trouble("fibers", fibers, found));
    }
  }
  return [...lines, ...below].join("\n");
}
