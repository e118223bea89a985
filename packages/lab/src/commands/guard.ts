/** `fibril-lab guard`: for CI. Ratios within one run, three tries, and noise is no failure. */
import type { Command } from "commander";
import type { Result } from "../cell.js";
import { readSide } from "../compare/side.js";
import { findRuntime } from "../runtimes/registry.js";
import type { Variant } from "../runtimes/variant.js";
import { conduct } from "../runs/conductor.js";
import { digits } from "../figures/column.js";
import { cellsOf, type Check, CHECKS } from "../guard/checks.js";
import { type Found, judge, overall, TRIES, unsettled } from "../guard/judge.js";
import { INTERRUPTED, interruption } from "../system/interruption.js";
import { describeMachine, machineLine } from "../runs/machine.js";
import { look } from "../runs/presence.js";
import { progressOn } from "../system/progress.js";
import { refuse, whole } from "./arguments.js";
import { inScratch } from "../system/scratch.js";

/** Rounds of each try: the fewest that can prove anything, because CI waits for them. */
const ROUNDS = 3;

interface Flags {
  readonly fibril?: string;
  readonly only: string;
  readonly timeout: number;
  readonly quick?: boolean;
}

export function addGuard(program: Command): void {
  const command = program
    .command("guard")
    .description(
      "for CI: flat in count, order and depth; bytes; overhead; waits against await; ratios within one run",
    )
    .option("--fibril <version>", "a folder with a built fibril, or a commit, instead of this one")
    .option("--only <words>", "the checks whose name contains them", "")
    .option("--timeout <seconds>", "for one measurement", whole, 30)
    .option("--quick", "one try, without the slowest check: for a quick look, not for CI")
    .addHelpText(
      "after",
      `\nA check that does not hold is tried again, ${TRIES} times in all: about 80 s if every check holds, four minutes if none does.` +
        `\nExit code: 0 holds or too noisy to tell, 1 broken in each of ${TRIES} tries, or not measured.`,
    );
  command.action(() => guard(command.opts<Flags>()));
}

async function guard({ fibril, only, timeout, quick = false }: Flags): Promise<void> {
  const checks = CHECKS.filter(({ name, slow = false }) => name.includes(only) && !(quick && slow));
  if (checks.length === 0) refuse(`no check has a name that contains "${only}"`);
  await inScratch(async (scratch) => {
    const variant =
      fibril === undefined ? undefined : await versionOf(fibril, runtimeOf(checks), scratch);
    const found = await look(cellsOf(checks));
    process.stdout.write(`${machineLine(describeMachine(found))}\n`);
    const progress = progressOn(process.stderr);
    const signal = interruption();
    const tries = new Map<Check, Found[]>(checks.map((check) => [check, []]));
    const most = quick ? 1 : TRIES;
    for (let open = checks; open.length > 0 && !signal.aborted; open = unsettled(tries, most)) {
      const cells = cellsOf(open);
      const results = await conduct(
        cells.map((cell) => (variant === undefined ? cell : { ...cell, variant: "guarded" })),
        {
          repeats: ROUNDS,
          timeout,
          found,
          progress,
          signal,
          ...(variant && { variants: new Map([["guarded", variant]]) }),
        },
      );
      if (!signal.aborted) record(tries, open, results);
    }
    progress.done();
    process.exitCode = signal.aborted ? INTERRUPTED : show(tries);
  });
}

/** A compiled runtime, if there is one among them: then the programs of the version are compiled too. */
const runtimeOf = (checks: readonly Check[]): string =>
  cellsOf(checks).find(({ runtime }) => findRuntime(runtime)?.compiled)?.runtime ?? "fibril";

async function versionOf(word: string, runtime: string, scratch: string): Promise<Variant> {
  try {
    const side = await readSide(word, runtime, scratch);
    if ("variant" in side && side.variant.worker !== undefined) return side.variant;
  } catch (error) {
    refuse((error as Error).message);
  }
  return refuse(`--fibril ${word} is neither a folder with a built fibril nor a commit`);
}

function record(
  tries: ReadonlyMap<Check, Found[]>,
  open: readonly Check[],
  results: readonly Result[],
): void {
  for (const check of open) tries.get(check)?.push(judge(check, results));
}

/** Prints a line per check and returns the exit code. */
function show(tries: ReadonlyMap<Check, readonly Found[]>): number {
  let code = 0;
  for (const [{ name, most }, all] of tries) {
    const found = overall(all);
    const limit = `at most ${digits(most)}×`;
    if (found.is === "not measured") {
      process.stdout.write(`${name}: not measured: ${found.why}\n`);
      code = 1;
      continue;
    }
    const { low, middle, high } = found.ratio;
    const figures = `${digits(middle)}× (${digits(low)}–${digits(high)}), ${limit}`;
    const times = all.length > 1 ? ` (${all.length} tries)` : "";
    process.stdout.write(`${name}: ${figures}: ${found.is}${times}\n`);
    if (found.is === "broken") code = 1;
  }
  return code;
}
