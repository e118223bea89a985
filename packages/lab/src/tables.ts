/** Runtimes side by side: one row a size, one column a runtime and order, and the ratios. */
import { type Cell, type Experiment, type Result, type RuntimeName } from "./cell.js";
import { isSummary, rateIn, type Verdict, verdict } from "./summary.js";

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Limits and quotations, said once below. */
  readonly notes: readonly string[];
}

const TITLES: Readonly<Record<Experiment, string>> = {
  ring: "ring of transfers, million a second, first entries included",
  resume: "resume and yield, million a second, first entries included",
  scale: "resume and yield among fibers that have started, million a second",
  create: "creating a fiber and entering it once",
  depth: "one resume and yield under that many calls, nanoseconds",
};

export function tables(results: readonly Result[]): Table[] {
  const made: Table[] = [];
  for (const experiment of ["ring", "resume", "scale", "create", "depth"] as const) {
    for (const order of ["sequential", "shuffled"] as const) {
      const members = results.filter(
        ({ cell, outcomes }) =>
          cell.experiment === experiment && cell.order === order && outcomes.length > 0,
      );
      if (members.length > 0) made.push(table(experiment, order === "shuffled", members));
    }
  }
  return made;
}

function table(experiment: Experiment, shuffled: boolean, members: readonly Result[]): Table {
  const title = TITLES[experiment] + (shuffled ? ", in shuffled order" : "");
  const notes = new Map<string, Cell[]>();
  const found = new Map<string, Verdict>();
  for (const member of members) {
    const what = verdict(member);
    found.set(key(member.cell), what);
    const note = noteOf(member.cell, what);
    if (note === undefined) continue;
    notes.set(note, [...(notes.get(note) ?? []), member.cell]);
  }
  const runtimes = [...new Set(members.map(({ cell }) => cell.runtime))];
  const sizes = [...new Set(members.map(({ cell }) => cell.fibers))];
  const at = (runtime: RuntimeName, size: number): Verdict => found.get(`${runtime} ${size}`);
  if (experiment === "create")
    return { title, ...creation(runtimes, sizes, at), notes: said(notes) };
  const nanoseconds = experiment === "depth";
  const show = (what: Verdict): string => figure(what, nanoseconds);
  const against = runtimes.includes("fibril")
    ? runtimes.filter((runtime) => runtime === "ruby" || runtime === "generator")
    : [];
  return {
    title,
    head: [
      nanoseconds ? "calls" : "fibers",
      ...runtimes,
      ...against.map((runtime) => `fibril : ${runtime}`),
    ],
    rows: sizes.map((size) => [
      size.toLocaleString("en-US"),
      ...runtimes.map((runtime) => show(at(runtime, size))),
      ...against.map((runtime) => ratio(at("fibril", size), at(runtime, size))),
    ]),
    notes: said(notes),
  };
}

const key = (cell: Cell): string => `${cell.runtime} ${cell.fibers}`;

function creation(
  runtimes: readonly RuntimeName[],
  sizes: readonly number[],
  at: (runtime: RuntimeName, size: number) => Verdict,
): Pick<Table, "head" | "rows"> {
  const rows: string[][] = [];
  for (const size of sizes) {
    for (const runtime of runtimes) {
      const what = at(runtime, size);
      const { bytesPerFiber = Number.NaN, faultsPerFiber = Number.NaN } = isSummary(what)
        ? what
        : {};
      const figures = isSummary(what)
        ? [
            (1e6 / what.rate).toFixed(2),
            Math.round(bytesPerFiber).toLocaleString("en-US"),
            faultsPerFiber.toFixed(3),
          ]
        : [figure(what, false), "", ""];
      rows.push([size.toLocaleString("en-US"), runtime, ...figures]);
    }
  }
  return { head: ["fibers", "runtime", "µs each", "bytes each", "page faults each"], rows };
}

/** The median, and the lowest and highest repeat where there are several. */
function figure(what: Verdict, nanoseconds: boolean): string {
  if (what === undefined) return "";
  if ("stoppedAt" in what) return "stopped";
  if ("failed" in what) return "failed";
  const show = (rate: number): string => (nanoseconds ? digits(1e9 / rate) : digits(rate / 1e6));
  if ("quoted" in what) return `${show(what.rate)}*`;
  if (what.repeats === 1) return show(what.rate);
  const ends = [show(what.lowest), show(what.highest)];
  if (nanoseconds) ends.reverse();
  return `${show(what.rate)} (${ends.join("–")})`;
}

function digits(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en-US");
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function ratio(mine: Verdict, other: Verdict): string {
  const [a, b] = [rateIn(mine), rateIn(other)];
  return a === undefined || b === undefined ? "" : `${digits(a / b)}×`;
}

function noteOf(cell: Cell, what: Verdict): string | undefined {
  if (what === undefined || isSummary(what)) return undefined;
  if ("quoted" in what) return `* ${what.quoted}`;
  if ("stoppedAt" in what) {
    const unit = cell.experiment === "depth" ? "calls" : "fibers";
    const hint = what.hint === undefined ? "" : ` (${what.hint})`;
    return `Stopped at ${what.stoppedAt} ${unit}: ${what.error}${hint}`;
  }
  return "failed" in what ? what.failed : undefined;
}

/** Each note once, with the cells that it is about; a quotation is marked in its cells already. */
function said(notes: ReadonlyMap<string, readonly Cell[]>): string[] {
  return [...notes].map(([note, cells]) => {
    if (note.startsWith("*")) return note;
    const [{ runtime }] = cells as readonly [Cell];
    return `${runtime}, ${cells.map(({ fibers }) => fibers.toLocaleString("en-US")).join(" and ")}: ${note}`;
  });
}

/** Aligned for a terminal. */
export function toText({ title, head, rows, notes }: Table): string {
  const widths = head.map((cell, i) =>
    Math.max(cell.length, ...rows.map((row) => (row[i] as string).length)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => cell.padStart(widths[i] as number))
      .join("  ")
      .trimEnd();
  return [title, "", line(head), ...rows.map(line), ...notes.map((note) => `  ${note}`)].join("\n");
}

const markdownRow = (row: readonly string[]): string => `| ${row.join(" | ")} |`;

export function toMarkdown({ title, head, rows, notes }: Table): string {
  return [
    `**${title}**`,
    "",
    markdownRow(head),
    markdownRow(head.map(() => "---:")),
    ...rows.map(markdownRow),
    ...notes.map((note) => `\n${note.replace(/^\*/, String.raw`\*`)}`),
  ].join("\n");
}
