#!/usr/bin/env node
/** The command `fibril-lab`. */
import { accessSync, constants, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import {
  type Cell,
  EXPERIMENTS,
  type Experiment,
  isFailed,
  type Order,
  ORDERS,
  type Result,
  type RuntimeName,
  RUNTIMES,
} from "./cell.js";
import { conduct } from "./conductor.js";
import { toCsv } from "./csv.js";
import { toHtml } from "./html.js";
import { reportLines } from "./lines.js";
import { describeMachine, machineLine } from "./machine.js";
import { plan, planAll, type Wishes } from "./plan.js";
import { progressOn } from "./progress.js";
import { NO_RUBY } from "./ruby.js";
import { tables, toMarkdown, toText } from "./tables.js";

const FORMATS = ["table", "markdown", "csv", "json"] as const;
interface Flags {
  readonly runtime?: RuntimeName[];
  readonly order?: Order[];
  readonly fibers?: number[];
  readonly count?: number;
  readonly repeats?: number;
  readonly timeout: number;
  readonly format: (typeof FORMATS)[number];
  readonly out?: string;
  readonly quick?: boolean;
}

const ABOUT: Readonly<Record<Experiment, string>> = {
  ring: "a ring of transfers: the report's first program",
  resume: "resume and yield in turn: the report's second program",
  scale: "2^0 to 2^20 fibers, ten million resumes each: the report's table",
  create: "create fibers and enter each once: time, memory, page faults",
  depth: "one resume under 1 to 1,000,000 calls",
};
/** Seconds after which `all` begins no further round. */
const BUDGET = 115;

const list =
  <T extends string>(allowed: readonly T[]) =>
  (text: string): T[] =>
    text.split(",").map((word) => {
      const known = allowed.find((name) => name === word.trim());
      if (known === undefined)
        throw new InvalidArgumentError(`it is a list of ${allowed.join(", ")}.`);
      return known;
    });

function whole(text: string): number {
  const value = Number(text.replaceAll("_", ""));
  if (!Number.isInteger(value) || value < 1 || value > 100_000_000) {
    throw new InvalidArgumentError("it is a whole number from 1 to 100,000,000.");
  }
  return value;
}

const program = new Command("fibril-lab")
  .description("Measures fibers by the programs of Ruby bug #17263.")
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text) })
  .helpCommand(false);

for (const name of [...EXPERIMENTS, "all" as const]) {
  const command = program
    .command(name)
    .description(
      name === "all" ? "all of them, thinned out, side by side, with a report/" : ABOUT[name],
    )
    .option("--runtime <names>", RUNTIMES.join(", "), list(RUNTIMES))
    .option("--order <names>", ORDERS.join(", "), list(ORDERS))
    .option("--fibers <numbers>", "sizes, as in 100,1000", (text: string) =>
      text.split(",").map(whole),
    )
    .option("--count <number>", "operations to be timed", whole)
    .option("--repeats <number>", "how often each is measured (3; all: as time allows)", whole)
    .option("--timeout <seconds>", "for one measurement", whole, 120)
    .addOption(
      new Option("--format <name>", "of what is printed").choices(FORMATS).default("table"),
    )
    .option("--out <path>", name === "all" ? "folder for the report" : "file for what is printed")
    .option("--quick", "few small sizes, once");
  command.action(() => measureAndShow(name, command.opts<Flags>()));
}

async function measureAndShow(name: Experiment | "all", flags: Flags): Promise<void> {
  const out = flags.out === undefined ? undefined : writable(flags.out, name === "all");
  const wishes: Wishes = {
    ...(flags.runtime && { runtimes: flags.runtime }),
    ...(flags.order && { orders: flags.order }),
    ...(flags.fibers && { fibers: flags.fibers }),
    ...(flags.count && { count: flags.count }),
    ...(flags.quick && { quick: flags.quick }),
  };
  const cells = name === "all" ? planAll(wishes) : plan(name, wishes);
  if (cells.length === 0) refuse(`${name} has no program for ${flags.runtime?.join(", ")}`);

  const progress = progressOn(process.stderr);
  const interrupted = new AbortController();
  process.once("SIGINT", () => interrupted.abort());
  const machine = await describeMachine(process.argv.slice(2));
  const results = await conduct(cells, {
    repeats: flags.repeats ?? (flags.quick ? 1 : 3),
    ...(name === "all" && flags.repeats === undefined && { budget: BUDGET }),
    timeout: flags.timeout,
    ruby: machine.ruby !== undefined,
    progress,
    signal: interrupted.signal,
  });
  progress.done();
  const measured = results.filter(({ outcomes }) => outcomes.length > 0);

  const text = render(name, flags.format, measured, machine);
  if (name === "all" && out !== undefined) {
    writeFileSync(
      join(out, "report.json"),
      `${JSON.stringify({ machine, results: measured }, null, 1)}\n`,
    );
    writeFileSync(join(out, "report.csv"), toCsv(measured));
    writeFileSync(join(out, "index.html"), toHtml(measured, machine));
  }
  if (name !== "all" && out !== undefined) writeFileSync(out, text);
  else process.stdout.write(text);
  if (name === "all" && out !== undefined) {
    process.stderr.write(`written: ${flags.out}/index.html, report.json, report.csv\n`);
  }

  if (interrupted.signal.aborted) {
    process.stderr.write(
      `interrupted: ${measured.length} of ${cells.length} cells were measured\n`,
    );
    process.exitCode = 130;
  } else {
    process.exitCode = complain(measured) ? 1 : 0;
  }
}

function render(
  name: Experiment | "all",
  format: Flags["format"],
  results: readonly Result[],
  machine: Awaited<ReturnType<typeof describeMachine>>,
): string {
  if (format === "csv") return toCsv(results);
  if (format === "json") return `${JSON.stringify({ machine, results }, null, 1)}\n`;
  const about = `${machineLine(machine)}\n`;
  if (format === "markdown") return `${about}\n${tables(results).map(toMarkdown).join("\n\n")}\n`;
  if (name === "all") return `${about}\n${tables(results).map(toText).join("\n\n")}\n`;
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

/** Found out before anything is measured. */
function writable(path: string, folder: boolean): string {
  const full = resolve(path);
  try {
    if (folder && !existsSync(full)) mkdirSync(full);
    const target = folder ? full : existsSync(full) ? full : dirname(full);
    if (!folder && existsSync(full) && statSync(full).isDirectory())
      throw new Error("it is a folder");
    accessSync(target, constants.W_OK);
  } catch (error) {
    refuse(`--out ${basename(path)} cannot be written: ${(error as Error).message}`);
  }
  return full;
}

function refuse(message: string): never {
  throw new CommanderError(2, "fibril-lab.refused", `error: ${message}`);
}

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  if (error.code === "fibril-lab.refused") process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
