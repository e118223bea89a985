/** `fibril-lab ring`, `scale`, … and `all`: measure, and show the results. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { budgetOf } from "../runs/budget.js";
import { cache } from "../system/cache.js";
import {
  type Cell,
  type Experiment,
  isFailed,
  NET_EXPERIMENTS,
  type Order,
  ORDERS,
  type Result,
  TASK_EXPERIMENTS,
} from "../cell.js";
import { conduct, launch } from "../runs/conductor.js";
import type { Suite, Wishes } from "../experiments/experiment.js";
import { experimentNamed, experiments } from "../experiments/registry.js";
import { describeMachine, loadWarning } from "../runs/machine.js";
import { INTERRUPTED, interruption } from "../system/interruption.js";
import { profileLargest } from "../perf/profile.js";
import { findPerf } from "../perf/tool.js";
import { planAll, planSuite, planWithBeside } from "../runs/plan.js";
import { reasons } from "../tables/notes.js";
import { leftOut, look, present } from "../runs/presence.js";
import { progressOn } from "../system/progress.js";
import { isPage, writeReport, writtenLine } from "../report/write-report.js";
import { RUNTIME_NAMES } from "../runtimes/registry.js";
import { inScratch } from "../system/scratch.js";
import { type Stored, stored } from "../runs/store.js";
import { list, refuse, runtimeList, whole, wholes, writable } from "./arguments.js";
import { type Format, formatOf, FORMATS, isSuite, render, type Wanted } from "./render.js";

/** Repeats: the fewest of which one can be recognised as an outlier. */
const REPEATS = 5;

interface Flags {
  readonly runtime?: string[];
  readonly order?: Order[];
  readonly fibers?: number[];
  readonly count?: number;
  readonly repeats?: number;
  readonly timeout: number;
  readonly format?: Format;
  readonly out?: string;
  readonly quick?: boolean;
  readonly profile?: string;
  readonly only?: Experiment[];
}

/** What `--only` selects from. */
const MEMBERS: Readonly<Record<Suite, readonly Experiment[]>> = {
  tasks: TASK_EXPERIMENTS,
  net: NET_EXPERIMENTS,
};

export function addMeasuring(program: Command): void {
  const tasks = {
    name: "tasks" as const,
    about: "schedulers compared: spawn, join, sleep, yield, wake, time limits, channels, locks",
  };
  const net = {
    name: "net" as const,
    about: "servers compared: requests a second, latency, round trips, memory of idle connections",
  };
  const all = {
    name: "all" as const,
    about: "all experiments, thinned out, side by side, with a report in report/",
  };
  const alone = experiments.filter(({ suite }) => suite === undefined);
  for (const { name, about } of [...alone, tasks, net, all]) {
    const command = program
      .command(name)
      .description(about)
      .option(
        "--runtime <names>",
        `${RUNTIME_NAMES.join(", ")}; all takes the time that it needs, much longer than the default`,
        runtimeList,
      )
      .option("--order <names>", ORDERS.join(", "), list(ORDERS))
      .option("--fibers <numbers>", "sizes, as in 100,1000", wholes)
      .option("--count <number>", "operations to time", whole)
      .option(
        "--repeats <number>",
        `measurements of each cell (${REPEATS}, as far as three minutes allow)`,
        whole,
      )
      .option("--timeout <seconds>", "for one measurement", whole, 120)
      .addOption(
        new Option(
          "--format <name>",
          "of the output (table), or of the file (from its ending)",
        ).choices(FORMATS),
      )
      .option(
        "--out <path>",
        name === "all"
          ? "folder for the report, or a file that ends in .html"
          : "file; .json stores machine, versions, commit, command and every repeat; .html is a page with pictures; .csv, .md; otherwise a table",
      )
      .option("--quick", "a few small sizes, one repeat");
    if (name === "create")
      command.option(
        "--profile <folder>",
        "keep the profiles that the flame graphs are made from; each runtime is run once more for them",
      );
    if (name === "tasks" || name === "net")
      command.option("--only <names>", MEMBERS[name].join(", "), list(MEMBERS[name]));
    command.action(() => measureAndShow(name, command.opts<Flags>()));
  }
}

async function measureAndShow(name: Wanted, flags: Flags): Promise<void> {
  const folder = name === "all" && !isPage(flags.out ?? "");
  const out = flags.out === undefined ? undefined : writable(flags.out, folder ? "folder" : "file");
  const done = await recorded(name, flags, folder ? out : undefined);
  const { run } = done;
  const format = formatOf(flags);

  if (name === "all" && out !== undefined) {
    process.stderr.write(writtenLine(writeReport([run], out)));
  }
  if (name !== "all" && out !== undefined) writeFileSync(out, render(name, format, run));
  // With both a format and a file, the output goes only to the file.
  const shown = out === undefined || name === "all" || flags.format === undefined;
  if (shown) process.stdout.write(render(name, flags.format ?? "table", run));
  if (isForTerminal(name, flags) && run.profiles !== undefined) {
    const page = keep(render(name, "html", run));
    process.stderr.write(`flame graph and pictures: ${page}\n`);
  }
  if (format === "csv" && !isSuite(name)) {
    const beyond = experimentNamed(name).beyondCsv?.(run.results) ?? [];
    for (const line of beyond) process.stderr.write(`fibril-lab: ${line}\n`);
  }
  conclude(done);
}

/** Whether a page is written besides the table: flame graphs of `create` do not fit a terminal. */
const isForTerminal = (name: Wanted, { out, format }: Flags): boolean =>
  name === "create" && out === undefined && format === undefined;

/** Writes a page into the cache, where the next one replaces it, and returns its path. */
function keep(page: string): string {
  mkdirSync(cache(), { recursive: true });
  const path = join(cache(), "create.html");
  writeFileSync(path, page);
  return path;
}

/** Measures, with profiles where the user asked for them and where a page of `create` needs them. */
async function recorded(name: Wanted, flags: Flags, report?: string): Promise<Measured> {
  const asked =
    flags.profile === undefined ? report : writable(flags.profile, "folder", "--profile");
  const page = isPage(flags.out ?? "") && (name === "all" || formatOf(flags) === "html");
  const wanted = isForTerminal(name, flags) || (page && (name === "create" || name === "all"));
  if (asked !== undefined || !wanted) return measure(name, flags, asked);
  return inScratch((scratch) => measure(name, flags, scratch));
}

export interface Measured {
  readonly run: Stored;
  /** The number of cells that were planned. */
  readonly wanted: number;
  readonly interrupted: boolean;
}

/** Measures what the user asked for. With a folder for recordings, it records profiles too. */
export async function measure(
  name: Wanted,
  flags: Omit<Flags, "format" | "out" | "profile">,
  recordings: string | undefined,
): Promise<Measured> {
  const wishes: Wishes = {
    ...(flags.runtime && { runtimes: flags.runtime }),
    ...(flags.order && { orders: flags.order }),
    ...(flags.fibers && { fibers: flags.fibers }),
    ...(flags.count && { count: flags.count }),
    ...(flags.quick && { quick: flags.quick }),
  };
  const wanted = planned(name, wishes, flags);
  if (!wanted.some(({ experiment }) => isSuite(name) || experiment === name))
    refuse(`${name} has no program for ${flags.runtime?.join(", ")}`);
  const found = await look(wanted);
  const cells = present(wanted, found);
  for (const line of leftOut(wanted, found)) process.stderr.write(`${line}\n`);

  for (const line of loadWarning()) process.stderr.write(`${line}\n`);
  const counting = cells.some(({ experiment }) => experiment === "counters");
  const perf = counting ? await findPerf() : undefined;
  const progress = progressOn(process.stderr);
  const signal = interruption();
  const budget = budgetOf(name, flags);
  const results = await conduct(cells, {
    repeats: flags.repeats ?? (flags.quick ? 1 : REPEATS),
    ...(budget !== undefined && { budget }),
    timeout: flags.timeout,
    found,
    ...(perf && { perf }),
    progress,
    signal,
  });
  // The profiles take two more runs of each cell.
  const shown: readonly string[] = flags.quick ? ["fibril"] : ["fibril", "ruby"];
  const narrow = flags.quick || (name === "all" && flags.runtime === undefined);
  const profiled = narrow ? cells.filter(({ runtime }) => shown.includes(runtime)) : cells;
  const { profiles, missing } = await profileLargest(profiled, recordings, {
    timeout: flags.timeout,
    signal,
    progress,
    launch,
  });
  progress.done();
  const measured = results.filter(({ outcomes }) => outcomes.length > 0);
  for (const line of [...missing, ...reasons(measured)])
    process.stderr.write(`fibril-lab: ${line}\n`);
  const run = stored(describeMachine(found), process.argv.slice(2), measured, profiles);
  return { run, wanted: cells.length, interrupted: signal.aborted };
}

/** Prints what is missing, and sets the exit code. */
export function conclude({ run, wanted, interrupted }: Measured): void {
  const { results } = run;
  if (interrupted) {
    process.stderr.write(`interrupted: ${results.length} of ${wanted} cells were measured\n`);
    process.exitCode = INTERRUPTED;
  } else {
    const late = wanted - results.length;
    if (late > 0) {
      process.stderr.write(
        `fibril-lab: the time was up: ${late} of ${wanted} cells were not measured; --repeats 1 takes the time that it needs\n`,
      );
    }
    process.exitCode = complain(results) ? 1 : 0;
  }
}

function planned(name: Wanted, wishes: Wishes, { only }: Flags): Cell[] {
  if (name === "all") return planAll(wishes);
  if (name === "tasks" || name === "net") return planSuite(name, only ?? MEMBERS[name], wishes);
  return planWithBeside(name, wishes);
}

/** Prints a line for each cell that could not be measured. Returns whether there are any. */
function complain(results: readonly Result[]): boolean {
  const failed: [Cell, string][] = results.flatMap(({ cell, outcomes }) =>
    outcomes.filter(isFailed).map(({ failed: why }): [Cell, string] => [cell, why]),
  );
  for (const [cell, why] of failed) {
    const { experiment, runtime, order, fibers } = cell;
    process.stderr.write(`fibril-lab: ${experiment} ${runtime} ${order} ${fibers}: ${why}\n`);
  }
  return failed.length > 0;
}
