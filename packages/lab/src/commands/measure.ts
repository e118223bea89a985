/** `fibril-lab ring`, `scale`, … and `all`: measure, and show what came out. */
import { writeFileSync } from "node:fs";
import { extname } from "node:path";
import { type Command, Option } from "commander";
import { budgetOf } from "../budget.js";
import {
  type Cell,
  type Experiment,
  isFailed,
  type Order,
  ORDERS,
  type Result,
  TASK_EXPERIMENTS,
  type TaskExperiment,
} from "../cell.js";
import { conduct, launch } from "../conductor.js";
import { toCsv } from "../csv.js";
import type { Wishes } from "../experiments/experiment.js";
import { experimentNamed, experiments } from "../experiments/registry.js";
import { reportLines } from "../lines.js";
import { describeMachine, loadWarning, machineLine } from "../machine.js";
import { INTERRUPTED, interruption } from "../interruption.js";
import { profileLargest } from "../perf/profile.js";
import { findPerf } from "../perf/tool.js";
import { planAll, planTasks, planWithBeside } from "../plan.js";
import { reasons } from "../notes.js";
import { leftOut, look, present } from "../presence.js";
import { progressOn } from "../progress.js";
import { toPlots } from "../report/plots.js";
import { writeReport } from "../report/write-report.js";
import { NO_RUBY } from "../ruby.js";
import { RUNTIME_NAMES } from "../runtimes/registry.js";
import { type Stored, stored, toJson } from "../store.js";
import { tables, toMarkdown, toText } from "../tables.js";
import { list, refuse, runtimeList, whole, wholes, writable } from "./arguments.js";

const FORMATS = ["table", "markdown", "csv", "json", "plot"] as const;
type Format = (typeof FORMATS)[number];
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
  readonly only?: TaskExperiment[];
}

/** An experiment, or several under one name. */
type Wanted = Experiment | "tasks" | "all";

export function addMeasuring(program: Command): void {
  const tasks = {
    name: "tasks" as const,
    about: "schedulers compared: spawn, join, sleep, go round, wake, time limits",
  };
  const all = {
    name: "all" as const,
    about: "all of them, thinned out, side by side, with a report/",
  };
  const alone = experiments.filter(({ suite }) => suite === undefined);
  for (const { name, about } of [...alone, tasks, all]) {
    const command = program
      .command(name)
      .description(about)
      .option(
        "--runtime <names>",
        `${RUNTIME_NAMES.join(", ")}; all takes as long as it needs, much longer than the default`,
        runtimeList,
      )
      .option("--order <names>", ORDERS.join(", "), list(ORDERS))
      .option("--fibers <numbers>", "sizes, as in 100,1000", wholes)
      .option("--count <number>", "operations to be timed", whole)
      .option(
        "--repeats <number>",
        "how often each is measured (3, as far as three minutes allow)",
        whole,
      )
      .option("--timeout <seconds>", "for one measurement", whole, 120)
      .addOption(
        new Option(
          "--format <name>",
          "of what is printed (table), or of the file (by its ending)",
        ).choices(FORMATS),
      )
      .option(
        "--out <path>",
        name === "all"
          ? "folder for the report"
          : "file; .json stores machine, versions, commit, command and every repeat",
      )
      .option("--quick", "few small sizes, once");
    if (name === "create")
      command.option(
        "--profile <folder>",
        "profile one more run of each runtime, for flame graphs",
      );
    if (name === "tasks")
      command.option("--only <names>", TASK_EXPERIMENTS.join(", "), list(TASK_EXPERIMENTS));
    command.action(() => measureAndShow(name, command.opts<Flags>()));
  }
}

async function measureAndShow(name: Wanted, flags: Flags): Promise<void> {
  const kind = name === "all" ? "folder" : "file";
  const out = flags.out === undefined ? undefined : writable(flags.out, kind);
  const profileIn =
    flags.profile === undefined ? undefined : writable(flags.profile, "folder", "--profile");
  const recordings = profileIn ?? (name === "all" ? out : undefined);
  const done = await measure(name, flags, recordings);
  const { run } = done;

  if (name === "all" && out !== undefined) {
    writeReport([run], out);
    process.stderr.write(`written: ${flags.out}/index.html, report.json, report.csv\n`);
  }
  if (name !== "all" && out !== undefined) writeFileSync(out, render(name, formatOf(flags), run));
  // What was asked for in a format and a file is not wanted twice.
  const shown = out === undefined || name === "all" || flags.format === undefined;
  if (shown) process.stdout.write(render(name, flags.format ?? "table", run));
  if (formatOf(flags) === "csv" && !isSuite(name)) {
    const beyond = experimentNamed(name).beyondCsv?.(run.results) ?? [];
    for (const line of beyond) process.stderr.write(`fibril-lab: ${line}\n`);
  }
  conclude(done);
}

export interface Measured {
  readonly run: Stored;
  /** How many cells were to be measured. */
  readonly wanted: number;
  readonly interrupted: boolean;
}

/** Measures what was asked for; profiles of it, where there is a folder for the recordings. */
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
  const cells = wanted.filter(({ runtime }) => present(runtime, found));
  for (const line of leftOut(found)) process.stderr.write(`${line}\n`);

  for (const line of loadWarning()) process.stderr.write(`${line}\n`);
  const counting = cells.some(({ experiment }) => experiment === "counters");
  const perf = counting ? await findPerf() : undefined;
  const progress = progressOn(process.stderr);
  const signal = interruption();
  const budget = budgetOf(name, flags);
  const results = await conduct(cells, {
    repeats: flags.repeats ?? (flags.quick ? 1 : 3),
    ...(budget !== undefined && { budget }),
    timeout: flags.timeout,
    found,
    ...(perf && { perf }),
    progress,
    signal,
  });
  // Each profile is two more runs of everything.
  const profiled = flags.quick ? cells.filter(({ runtime }) => runtime === "fibril") : cells;
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

/** Says what is missing, and sets the exit code. */
export function conclude({ run, wanted, interrupted }: Measured): void {
  const { results } = run;
  if (interrupted) {
    process.stderr.write(`interrupted: ${results.length} of ${wanted} cells were measured\n`);
    process.exitCode = INTERRUPTED;
  } else {
    const late = wanted - results.length;
    if (late > 0) {
      process.stderr.write(
        `fibril-lab: time was up: ${late} of ${wanted} cells were not measured; --repeats 1 takes what it needs\n`,
      );
    }
    process.exitCode = complain(results) ? 1 : 0;
  }
}

function planned(name: Wanted, wishes: Wishes, { only = [...TASK_EXPERIMENTS] }: Flags): Cell[] {
  if (name === "all") return planAll(wishes);
  return name === "tasks" ? planTasks(only, wishes) : planWithBeside(name, wishes);
}

/** Several experiments under one name. */
function isSuite(name: Wanted): name is "tasks" | "all" {
  return name === "all" || name === "tasks";
}

/** What the file's ending says, unless a format was asked for. */
function formatOf({ format, out }: Flags): Format {
  if (format !== undefined) return format;
  const endings = { ".json": "json", ".csv": "csv", ".md": "markdown" } as const;
  return endings[extname(out ?? "") as keyof typeof endings] ?? "table";
}

function render(name: Wanted, format: Format, run: Stored): string {
  const { results, machine, date } = run;
  const own = isSuite(name) ? undefined : experimentNamed(name);
  if (format === "csv") return own?.csv?.(results) ?? toCsv(results);
  if (format === "json") return toJson(run);
  const about = `${machineLine(machine)}, ${date}\n`;
  if (format === "plot") return `${about}\n${toPlots(results, run.profiles)}`;
  const shown = [...tables(results), ...(own?.below?.(results) ?? [])];
  if (format === "markdown") return `${about}\n${shown.map(toMarkdown).join("\n\n")}\n`;
  if (isSuite(name) || own?.line === undefined)
    return `${about}\n${shown.map(toText).join("\n\n")}\n`;
  return `${about}\n${reportLines(name, results)}\n`;
}

/** One line for each cell that could not be measured; what the report has no figure for is no failure. */
function complain(results: readonly Result[]): boolean {
  const failed: [Cell, string][] = results.flatMap(({ cell, outcomes }) =>
    outcomes
      .filter(isFailed)
      .filter(({ failed: why }) => why !== NO_RUBY)
      .map(({ failed: why }): [Cell, string] => [cell, why]),
  );
  for (const [cell, why] of failed) {
    const { experiment, runtime, order, fibers } = cell;
    process.stderr.write(`fibril-lab: ${experiment} ${runtime} ${order} ${fibers}: ${why}\n`);
  }
  return failed.length > 0;
}
