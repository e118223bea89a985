/** The notes below a table: limits, quotations, idioms, and what makes a figure doubtful. */
import type { Cell, Result } from "../cell.js";
import { experimentNamed } from "../experiments/registry.js";
import { findRuntime } from "../runtimes/registry.js";
import { tooNoisy, uncertainty } from "../statistics/noise.js";
import { isSummary, type Summary, type Verdict, verdict } from "../figures/summary.js";

/** The mark before a figure that is too noisy to tell. */
export const NOISY = "~";
/** The mark after a quoted figure. */
export const QUOTED = "*";

const NOISE = `${NOISY} too noisy to tell: known to within 15 % at best`;
const BRACKETS = "(low–high)";

/** Whether there are several repeats, and their median is known only roughly. */
const isNoisy = ({ repeats, interval }: Summary): boolean => repeats > 1 && tooNoisy(interval);

/** Each note once, with the cells that it is about; without them where a mark in the table shows them. */
export function notes(members: readonly Result[]): string[] {
  const found = members.map((member) => verdict(member));
  return [...gather(members, plain), ...new Set(found.flatMap(quotation)), ...brackets(found)];
}

/** The notes below a table. They explain every mark that is in the table, and no other. */
export function notesBelow(
  rows: readonly (readonly string[])[],
  members: readonly Result[],
): string[] {
  const figures = rows.flat();
  const noisy = figures.some((figure) => figure.startsWith(NOISY));
  const ends = figures.some((figure) => /\(.+–.+\)$/.test(figure));
  const said = notes(members).filter((note) => ends || !note.startsWith(BRACKETS));
  return noisy ? [...said, NOISE] : said;
}

/** Why hardware events are missing. The reason is the same for all cells, so it is printed once. */
export function reasons(results: readonly Result[]): string[] {
  const missing = results.flatMap(({ outcomes }) =>
    outcomes.flatMap((outcome) => ("eventsMissing" in outcome ? [outcome.eventsMissing] : [])),
  );
  return [...new Set(missing)].filter((reason) => reason !== undefined);
}

/** The notes below lines in the form of the bug report, which have no marks. */
export function doubts(members: readonly Result[]): string[] {
  const said = gather(members, (cell, found) => {
    if (found === undefined || !isSummary(found)) return [];
    const percent = Math.round(uncertainty(found.interval) * 100);
    const noise = isNoisy(found) ? [`too noisy to tell: known to within ${percent} %`] : [];
    return [...noise, ...plain(cell, found)];
  });
  return [...said, ...brackets(members.map((member) => verdict(member)))];
}

function gather(
  members: readonly Result[],
  say: (cell: Cell, found: Verdict) => readonly string[],
): string[] {
  const about = new Map<string, Cell[]>();
  for (const member of members) {
    for (const note of say(member.cell, verdict(member))) {
      const key = `${member.cell.runtime}\n${note}`;
      about.set(key, [...(about.get(key) ?? []), member.cell]);
    }
  }
  return [...about].map(([key, cells]) => {
    const [runtime, note] = key.split("\n") as [string, string];
    const sizes = cells.map(({ fibers }) => fibers.toLocaleString("en-US")).join(" and ");
    return note.startsWith(IDIOM) ? `${runtime} ${note}` : `${runtime}, ${sizes}: ${note}`;
  });
}

const IDIOM = "measured: ";

const quotation = (found: Verdict): string[] =>
  found !== undefined && "quoted" in found ? [`${QUOTED} ${found.quoted}`] : [];

/** The confidence of the intervals, which depends on the number of repeats. */
function brackets(found: readonly Verdict[]): string[] {
  const several = found.filter(isSummary).filter(({ repeats }) => repeats > 1);
  const sure = new Map(several.map(({ repeats, interval }) => [repeats, interval.confidence]));
  const said = [...sure]
    .toSorted(([a], [b]) => b - a)
    .map(([repeats, confidence], i) => {
      const many = `${Math.round(confidence * 100)} %, from ${repeats}`;
      return i === 0 ? `${many} repeats` : many;
    });
  return said.length === 0 ? [] : [`${BRACKETS} holds the median with ${said.join("; ")}`];
}

function plain(cell: Cell, found: Verdict): string[] {
  if (found === undefined || "quoted" in found) return [];
  const { sizes, steady, defaults } = experimentNamed(cell.experiment);
  if ("stoppedAt" in found && found.asWith !== undefined)
    return [`not run: ${found.asWith.toLocaleString("en-US")} were too many already`];
  if ("stoppedAt" in found) {
    const hint = found.hint === undefined ? "" : ` (${found.hint})`;
    return [`Stopped at ${found.stoppedAt} ${sizes}: ${found.error}${hint}`];
  }
  if (!isSummary(found)) return [found.failed];
  const idiom = findRuntime(cell.runtime, cell.experiment)?.idiom?.[cell.experiment];
  const { outliers, slowStart = 0, typical, repeats } = found;
  return [
    ...(idiom === undefined ? [] : [IDIOM + idiom]),
    ...(cell.limit !== undefined && defaults.limit === undefined && typical.count < cell.count
      ? [`stopped by the clock at ${typical.count.toLocaleString("en-US")} operations`]
      : []),
    ...(outliers.length > 0
      ? [`outliers: ${outliers.length} of ${repeats} repeats lie far from the others`]
      : []),
    ...(steady === true && slowStart > 0
      ? [`the first ${slowStart} of ${typical.slices?.length} slices were slower: not warm yet`]
      : []),
  ];
}
