/** `fibril-lab report`: a page with pictures, from stored runs or from a run that it measures first. */
import { readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import type { Profile } from "../cell.js";
import { machineLine } from "../runs/machine.js";
import { toPlots } from "../report/plots.js";
import { readStacks } from "../report/stacks.js";
import { together } from "../report/together.js";
import { isPage, writeReport, writtenLine } from "../report/write-report.js";
import { findRuntime } from "../runtimes/registry.js";
import { readStored, type Stored } from "../runs/store.js";
import { refuse, runtimeList, whole, writable } from "./arguments.js";
import { conclude, measure, type Measured } from "./measure.js";
import { inScratch } from "../system/scratch.js";

interface Flags {
  readonly out: string;
  readonly profile: readonly string[];
  readonly runtime?: string[];
  readonly timeout: number;
  readonly format: "html" | "plot";
  readonly quick?: boolean;
}

export function addReport(program: Command): void {
  const command = program
    .command("report [results...]")
    .description(
      "a page with pictures, from stored runs (.json), or from a run that it measures first",
    )
    .option("--out <path>", "folder, or a file that ends in .html", "report")
    .option(
      "--profile <files...>",
      "RUNTIME=FILE: a .cpuprofile, folded stacks, or the output of perf script",
      [],
    )
    .option("--runtime <names>", "the runtimes, if it measures", runtimeList)
    .option("--timeout <seconds>", "for one measurement", whole, 120)
    .addOption(
      new Option("--format <name>", "a page, or plots in the terminal")
        .choices(["html", "plot"])
        .default("html"),
    )
    .option("--quick", "if it measures: a few small sizes, one repeat");
  command.action((results: string[]) => report(results, command.opts<Flags>()));
}

async function report(paths: readonly string[], flags: Flags): Promise<void> {
  const page = flags.format === "html";
  const target = page ? writable(flags.out, isPage(flags.out) ? "file" : "folder") : "";
  const given = flags.profile.map(profile);
  const stored = paths.map(readRun);
  const measured = stored.length === 0 ? await measureAll(flags) : undefined;
  const runs = measured === undefined ? stored : [measured.run];
  const told = withProfiles(runs, given);
  if (page) {
    process.stderr.write(writtenLine(writeReport(told, target)));
  } else {
    for (const { machine, date } of told) {
      process.stdout.write(`${machineLine(machine)}, ${date}\n`);
    }
    const { results, profiles } = together(told);
    process.stdout.write(`\n${toPlots(results, profiles)}`);
  }
  if (measured !== undefined) conclude(measured);
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

/** Profiles from the command line belong to no run, so they are added to the last one. */
function withProfiles(runs: readonly Stored[], given: readonly Profile[]): readonly Stored[] {
  const last = runs.at(-1);
  if (last === undefined || given.length === 0) return runs;
  return [...runs.slice(0, -1), { ...last, profiles: [...(last.profiles ?? []), ...given] }];
}

const measureAll = (flags: Flags): Promise<Measured> =>
  inScratch((recordings) => measure("all", flags, recordings));
