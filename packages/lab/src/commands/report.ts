/** `fibril-lab report`: a page with pictures, from stored results or from what it measures first. */
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { type Command, Option } from "commander";
import { type Cell, isFailed, type Profile } from "../cell.js";
import { conduct } from "../conductor.js";
import { INTERRUPTED, interruption } from "../interruption.js";
import { describeMachine, machineLine } from "../machine.js";
import { planAll } from "../plan.js";
import { leftOut, look, present } from "../presence.js";
import { progressOn } from "../progress.js";
import { toPlots } from "../report/plots.js";
import { record } from "../report/record.js";
import { readStacks } from "../report/stacks.js";
import { together } from "../report/together.js";
import { isPage, writeReport } from "../report/write-report.js";
import { findRuntime } from "../runtimes/registry.js";
import { readStored, type Stored, stored } from "../store.js";
import { refuse, runtimeList, whole, writable } from "./arguments.js";

interface Flags {
  readonly out: string;
  readonly profile: readonly string[];
  readonly runtime?: string[];
  readonly timeout: number;
  readonly format: "html" | "plot";
  readonly quick?: boolean;
}

/** Seconds after which no further round is begun. */
const BUDGET = 115;
const PROFILED = {
  experiment: "create",
  runtime: "fibril",
  order: "sequential",
  count: 0,
} as const;

export function addReport(program: Command): void {
  const command = program
    .command("report [results...]")
    .description("a page with pictures, of stored results (.json), or of what it measures first")
    .option("--out <path>", "folder, or a file that ends in .html", "report")
    .option(
      "--profile <files...>",
      "RUNTIME=FILE: a .cpuprofile, folded stacks, or what perf script printed",
      [],
    )
    .option("--runtime <names>", "where it measures", runtimeList)
    .option("--timeout <seconds>", "for one measurement", whole, 120)
    .addOption(
      new Option("--format <name>", "a page, or plots in the terminal")
        .choices(["html", "plot"])
        .default("html"),
    )
    .option("--quick", "where it measures: few small sizes, once");
  command.action((results: string[]) => report(results, command.opts<Flags>()));
}

async function report(paths: readonly string[], flags: Flags): Promise<void> {
  const page = flags.format === "html";
  const target = page ? writable(flags.out, isPage(flags.out) ? "file" : "folder") : "";
  const given = flags.profile.map(profile);
  const runs = paths.length > 0 ? paths.map(readRun) : [await measure(flags, given.length === 0)];
  const [last] = runs.slice(-1) as [Stored];
  const profiles = [...(last.profiles ?? []), ...given];
  const told = [...runs.slice(0, -1), { ...last, profiles }];
  if (page) {
    const written = writeReport(told, target).map((path) => relative(process.cwd(), path));
    process.stderr.write(`written: ${written.join(", ")}\n`);
    return;
  }
  for (const { machine, date } of told) {
    process.stdout.write(`${machineLine(machine)}, ${date}\n`);
  }
  const { results, profiles: all } = together(told);
  process.stdout.write(`\n${toPlots(results, all)}`);
}

function readRun(path: string): Stored {
  try {
    return readStored(path);
  } catch (error) {
    refuse((error as Error).message);
  }
}

function profile(word: string): Profile {
  const [, runtime = "fibril", path = word] = /^([\w-]+)=(.+)$/.exec(word) ?? [];
  if (findRuntime(runtime) === undefined)
    refuse(`--profile ${word}: no runtime is named ${runtime}`);
  try {
    const found = readStacks(readFileSync(path, "utf8"));
    return { runtime, experiment: "create", fibers: 0, ...found };
  } catch (error) {
    refuse(`--profile ${path}: ${(error as Error).message}`);
  }
}

async function measure(flags: Flags, profiling: boolean): Promise<Stored> {
  const { quick = false, timeout, runtime } = flags;
  const wanted = planAll({ quick, ...(runtime && { runtimes: runtime }) });
  const found = await look(wanted);
  const cells = wanted.filter((cell) => present(cell.runtime, found));
  for (const line of leftOut(found)) process.stderr.write(`${line}\n`);
  const progress = progressOn(process.stderr);
  const signal = interruption();
  const repeats = quick ? 1 : 3;
  const conditions = { repeats, budget: BUDGET, timeout, found, progress, signal };
  const results = await conduct(cells, conditions);
  const profiles = profiling && !signal.aborted ? await profiled(flags, signal) : [];
  progress.done();
  const measured = results.filter(({ outcomes }) => outcomes.length > 0);
  const failed = measured.some(({ outcomes }) => outcomes.some(isFailed));
  process.exitCode = signal.aborted ? INTERRUPTED : failed ? 1 : 0;
  return stored(describeMachine(found), process.argv.slice(2), measured, profiles);
}

/** A report without its flame graph is a report still. */
async function profiled({ quick, timeout }: Flags, signal: AbortSignal): Promise<Profile[]> {
  const cell: Cell = { ...PROFILED, fibers: quick ? 30_000 : 2 ** 20 };
  try {
    return [await record(cell, timeout, signal)];
  } catch (error) {
    process.stderr.write(`no flame graph: ${(error as Error).message}\n`);
    return [];
  }
}
