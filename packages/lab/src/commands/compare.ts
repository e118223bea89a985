/** `fibril-lab compare A B`: is B better or worse than A, or is it too noisy to tell? */
import { writeFileSync } from "node:fs";
import { type Command, Option } from "commander";
import {
  type Cell,
  type Experiment,
  EXPERIMENTS,
  type Order,
  ORDERS,
  type Result,
} from "../cell.js";
import { comparisonTable, sentence } from "../compare/compare-table.js";
import { budgetOf } from "../runs/budget.js";
import { compare, type Comparison, exitCode } from "../compare/comparison.js";
import { readSide, type Side } from "../compare/side.js";
import type { Variant } from "../runtimes/variant.js";
import { conduct, type Conditions } from "../runs/conductor.js";
import { INTERRUPTED, interruption } from "../system/interruption.js";
import { describeMachine, loadWarning, machineLine } from "../runs/machine.js";
import { plan } from "../runs/plan.js";
import { look } from "../runs/presence.js";
import { progressOn } from "../system/progress.js";
import { stored, type Stored, toJson } from "../runs/store.js";
import { toMarkdown, toText } from "../figures/table.js";
import { MARGIN } from "../statistics/effect.js";
import { isFound } from "../runtimes/entry.js";
import { RUNTIME_NAMES } from "../runtimes/registry.js";
import { list, percent, refuse, whole, wholes, writable } from "./arguments.js";
import { inScratch } from "../system/scratch.js";

interface Flags {
  readonly runtime: string;
  readonly experiment: Experiment[];
  readonly order: Order[];
  readonly fibers?: number[];
  readonly count?: number;
  readonly repeats?: number;
  readonly margin: number;
  readonly by: "rate" | "best";
  readonly timeout: number;
  readonly format: "table" | "markdown" | "json";
  readonly out?: string;
  readonly quick?: boolean;
}

const SIZES = [64, 30_000];
const QUICK_SIZES = [1_000];
/** Rounds: enough for a useful interval with ten per cent of noise. */
const ROUNDS = 12;
const QUICK_ROUNDS = 6;

export function addCompare(program: Command): void {
  const command = program
    .command("compare <a> <b>")
    .description(
      "two runtimes, result files, folders with a built fibril, commits, flags:--… or node:/path",
    )
    .addOption(
      new Option("--runtime <name>", "the runtime to compare, where A and B are not runtimes")
        .choices(RUNTIME_NAMES)
        .default("fibril"),
    )
    .option(
      "--experiment <names>",
      "ring, resume, scale, … or a workload of tasks or net",
      list(EXPERIMENTS),
      ["scale"],
    )
    .option("--order <names>", ORDERS.join(", "), list(ORDERS), ["sequential"])
    .option("--fibers <numbers>", `sizes (${SIZES.join(",")})`, wholes)
    .option("--count <number>", "operations to time", whole)
    .option(
      "--repeats <number>",
      `rounds (${ROUNDS}, and as many more where it is noisy, as far as three minutes allow)`,
      whole,
    )
    .option("--margin <percent>", "the difference that does not matter", percent, MARGIN)
    .addOption(
      new Option(
        "--by <figure>",
        "the median rate, or on a busy machine the best slice of each repeat",
      )
        .choices(["rate", "best"])
        .default("rate"),
    )
    .option("--timeout <seconds>", "for one measurement", whole, 120)
    .addOption(
      new Option("--format <name>", "of the output")
        .choices(["table", "markdown", "json"])
        .default("table"),
    )
    .option("--out <file>", "stores the measurements as JSON; not with two result files")
    .option("--quick", "one size, few rounds")
    .addHelpText(
      "after",
      "\nExit code: 0 the same or better, 1 worse, 3 too noisy to tell, 4 a side has no figures.",
    );
  command.action((a: string, b: string) => compareAndShow(a, b, command.opts<Flags>()));
}

async function compareAndShow(a: string, b: string, flags: Flags): Promise<void> {
  const out = flags.out === undefined ? undefined : writable(flags.out, "file");
  await inScratch(async (scratch) => {
    const first = await side(a, flags, scratch);
    const second = await side(b, flags, scratch);
    if ("stored" in first && "stored" in second) {
      if (out !== undefined)
        refuse("--out stores measurements, but a comparison of two result files makes none");
      const { results } = first.stored;
      const found = compare(results, second.stored.results, flags, false);
      show(found, [a, b], notesOfFiles(first.stored, second.stored), flags.format);
      process.exitCode = exitCode(found);
    } else if ("variant" in first && "variant" in second) {
      await measureBoth(first.variant, second.variant, flags, out);
    } else {
      refuse("a result file can be compared only with another result file");
    }
  });
}

async function side(word: string, { runtime }: Flags, scratch: string): Promise<Side> {
  try {
    return await readSide(word, runtime, scratch);
  } catch (error) {
    refuse((error as Error).message);
  }
}

async function measureBoth(a: Variant, b: Variant, flags: Flags, out?: string): Promise<void> {
  const cells = cellsOf(a, b, flags);
  const found = await look(cells);
  for (const { runtime } of [a, b]) {
    const here = found.get(runtime);
    if (here === undefined) refuse(`${runtime} cannot be compared: it is not installed`);
    if (!isFound(here)) refuse(`${runtime} cannot be compared: ${here.missing}; ${here.hint}`);
  }
  for (const line of loadWarning()) process.stderr.write(`${line}\n`);
  const progress = progressOn(process.stderr);
  const signal = interruption();
  const repeats = flags.repeats ?? (flags.quick ? QUICK_ROUNDS : ROUNDS);
  const variants = new Map([
    ["A", a],
    ["B", b],
  ]);
  const budget = budgetOf("compare", { ...(flags.repeats && { repeats: flags.repeats }) });
  const fixed = { repeats, timeout: flags.timeout, whole: true, found, variants, progress, signal };
  const began = performance.now();
  let results = await conduct(cells, { ...fixed, ...(budget && { budget }) });
  let comparison = halves(results, flags);
  const left = (budget ?? 0) - (performance.now() - began) / 1000;
  if (left > 0 && !flags.quick && exitCode(comparison) === 3 && !signal.aborted) {
    results = await again(results, comparison, { ...fixed, budget: left });
    comparison = halves(results, flags);
  }
  progress.done();

  const measured = results.filter(({ outcomes }) => outcomes.length > 0);
  const run = stored(describeMachine(found), process.argv.slice(2), measured);
  if (out !== undefined) writeFileSync(out, toJson(run));
  if (flags.format !== "json") {
    process.stdout.write(`${machineLine(run.machine)}, ${run.date}\n\n`);
  }
  show(comparison, [a.label, b.label], [roundsNote(results, flags.margin)], flags.format);
  process.exitCode = signal.aborted ? INTERRUPTED : exitCode(comparison);
}

/** The cells of both sides, A next to B in every round. */
function cellsOf(a: Variant, b: Variant, flags: Flags): Cell[] {
  const cells = flags.experiment.flatMap((experiment) =>
    plan(experiment, {
      runtimes: [a.runtime],
      orders: flags.order,
      fibers: flags.fibers ?? (flags.quick ? QUICK_SIZES : SIZES),
      ...(flags.count !== undefined && { count: flags.count }),
      ...(flags.quick && { quick: true }),
    }),
  );
  if (cells.length === 0) refuse(`${flags.experiment.join(", ")} has no program for ${a.runtime}`);
  return cells.flatMap((cell) => [
    { ...cell, variant: "A" },
    { ...cell, runtime: b.runtime, variant: "B" },
  ]);
}

function halves(results: readonly Result[], flags: Flags): Comparison {
  const of = (variant: string): Result[] => results.filter(({ cell }) => cell.variant === variant);
  return compare(of("A"), of("B"), flags, true);
}

/** Measures the cells that were too noisy to tell for as many rounds again. */
async function again(
  results: readonly Result[],
  { compared }: Comparison,
  conditions: Conditions,
): Promise<Result[]> {
  const noisy = compared
    .filter(({ effect }) => effect.judgement === "too noisy to tell")
    .map(({ cell }) => cell);
  const repeated = results.filter(({ cell }) =>
    noisy.some(
      ({ experiment, order, fibers }) =>
        cell.experiment === experiment && cell.order === order && cell.fibers === fibers,
    ),
  );
  const more = await conduct(
    repeated.map(({ cell }) => cell),
    conditions,
  );
  return results.map((result) => {
    const extra = more.find(({ cell }) => cell === result.cell);
    return { ...result, outcomes: [...result.outcomes, ...(extra?.outcomes ?? [])] };
  });
}

function roundsNote(results: readonly Result[], margin: number): string {
  const rounds = Math.max(...results.map(({ outcomes }) => outcomes.length));
  const percents = Math.round(margin * 1000) / 10;
  return `${rounds} rounds of A and B in turn, compared round by round; a difference below ${percents} % counts as none`;
}

function place({ machine, date, commit }: Stored): string {
  return `${machineLine(machine)}, ${date}${commit === undefined ? "" : `, at ${commit}`}`;
}

function notesOfFiles(a: Stored, b: Stored): string[] {
  const elsewhere =
    a.machine.cpu === b.machine.cpu && a.machine.node === b.machine.node
      ? []
      : ["the machine or Node differs: it may cause the difference"];
  return [
    `A was measured on ${place(a)}`,
    `B was measured on ${place(b)}`,
    "A and B were not measured in turn: changes of the machine meanwhile are in the difference",
    ...elsewhere,
  ];
}

function show(
  comparison: Comparison,
  [a, b]: readonly [string, string],
  notes: readonly string[],
  format: Flags["format"],
): void {
  const table = comparisonTable(comparison, a, b, notes);
  const text =
    format === "json"
      ? JSON.stringify({ a, b, ...comparison, verdict: sentence(comparison) }, null, 1)
      : `${format === "markdown" ? toMarkdown(table) : toText(table)}\n\n${sentence(comparison)}`;
  process.stdout.write(`${text}\n`);
}
