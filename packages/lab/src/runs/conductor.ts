/**
 * Runs the cells, each in a process of its own, in rounds: all cells once, then all again. So what
 * disturbs the machine for some seconds disturbs every runtime alike, not all repeats of one.
 */
import { fileURLToPath } from "node:url";
import {
  type Cell,
  isFailed,
  isSample,
  isStopped,
  type Outcome,
  type Result,
  title,
} from "../cell.js";
import { run } from "../system/child.js";
import type { Variant } from "../runtimes/variant.js";
import { type Counting, runCounted } from "../perf/gated.js";
import { hasHardware, type Perf } from "../perf/tool.js";
import type { Progress } from "../system/progress.js";
import { type Found, isFound, type Launch, type RuntimeEntry } from "../runtimes/entry.js";
import { findRuntime } from "../runtimes/registry.js";

const WORKER = fileURLToPath(new URL("../worker.js", import.meta.url));

export interface Conditions {
  readonly repeats: number;
  /** Seconds a cell may take. */
  readonly timeout: number;
  /**
   * Seconds that all of it may take. The first round is begun in any case; what would not fit in is not
   * measured again, and not at all where fewer fibers were too many.
   */
  readonly budget?: number;
  /** A round is begun with all of its cells or not at all: they are to be set against each other. */
  readonly whole?: boolean;
  /** What `find` of each runtime in the cells has answered. */
  readonly found: ReadonlyMap<string, Found>;
  /** By label: how the cells with that `variant` are run. */
  readonly variants?: ReadonlyMap<string, Variant>;
  /** What may be counted; looked for where there are `counters` among the cells. */
  readonly perf?: Perf;
  readonly progress: Progress;
  /** Aborted by Ctrl-C: the process in hand is ended, and what there is is answered. */
  readonly signal: AbortSignal;
}

export async function conduct(cells: readonly Cell[], conditions: Conditions): Promise<Result[]> {
  const { repeats, budget, whole = false, progress, signal } = conditions;
  const tours = cells.map((cell): Tour => ({ cell, outcomes: [], seconds: 0 }));
  const began = performance.now();
  const left = (): number =>
    budget === undefined ? Number.POSITIVE_INFINITY : budget - since(began);
  let due = tours;
  for (let round = 0; round < repeats; round++) {
    if (round > 0) due = affordable(due, left(), whole);
    // There and back again: what drifts within a round favours neither end of it.
    const order = round % 2 === 0 ? due : due.toReversed();
    for (const [index, tour] of order.entries()) {
      const remaining = left();
      if (signal.aborted || remaining <= 0) return results(tours);
      const { cell, outcomes } = tour;
      const known = budget === undefined ? undefined : stoppedBefore(cell, tours);
      progress.step(`round ${round + 1}, ${index + 1} of ${due.length}: ${title(cell)}`);
      const from = performance.now();
      const outcome =
        known ??
        (await measure(cell, {
          ...conditions,
          timeout: Math.min(conditions.timeout, remaining),
        }).catch(failed));
      tour.seconds = since(from);
      // What the budget has cut off is no failure of its own.
      const cut = isFailed(outcome) && left() <= 0;
      if (!signal.aborted && !cut) outcomes.push(outcome);
    }
  }
  return results(tours);
}

/** A cell on its way, and how long it took the last time. */
interface Tour extends Result {
  seconds: number;
}

const results = (tours: readonly Tour[]): Result[] =>
  tours.map(({ cell, outcomes }) => ({ cell, outcomes }));

/**
 * What is measured once more: all, or the quickest of them as far as the time allows. Who has missed a
 * round misses the later ones too, so that rounds of two cells can be set against each other.
 */
function affordable(tours: readonly Tour[], seconds: number, whole: boolean): Tour[] {
  const open = tours.filter(({ outcomes }) => !settled(outcomes));
  const chosen = new Set<Tour>();
  let sum = 0;
  for (const tour of open.toSorted((a, b) => a.seconds - b.seconds)) {
    sum += tour.seconds;
    if (sum > seconds) break;
    chosen.add(tour);
  }
  if (whole && chosen.size < open.length) return [];
  return open.filter((tour) => chosen.has(tour));
}

/** Where fewer fibers were too many, more of them need not be tried. */
function stoppedBefore({ experiment, runtime, order, fibers }: Cell, all: readonly Result[]) {
  const smaller = all.find(
    ({ cell, outcomes }) =>
      cell.experiment === experiment &&
      cell.runtime === runtime &&
      cell.order === order &&
      cell.fibers < fibers &&
      outcomes.some(isStopped),
  );
  const stopped = smaller?.outcomes.find(isStopped);
  return smaller && stopped && { ...stopped, asWith: stopped.asWith ?? smaller.cell.fibers };
}

/** A program that could not be built, for example. */
const failed = (error: Error): Outcome => ({ failed: error.message });

const since = (began: number): number => (performance.now() - began) / 1000;

/** A limit does not move, a figure of the report neither, and what hung once is not waited for again. */
function settled(outcomes: readonly Outcome[]): boolean {
  const last = outcomes.at(-1);
  return last === undefined || isStopped(last) || isFailed(last) || "quoted" in last;
}

async function measure(cell: Cell, conditions: Conditions): Promise<Outcome> {
  const { timeout, signal, found, variants, perf } = conditions;
  const entry = findRuntime(cell.runtime, cell.experiment);
  const here = found.get(cell.runtime);
  if (entry === undefined || here === undefined) return { failed: "no such runtime" };
  if (!isFound(here)) return entry.quoted?.(cell) ?? { failed: here.missing };
  const variant = cell.variant === undefined ? undefined : variants?.get(cell.variant);
  const started = await launch(entry, cell, variant);
  const { stdout, trouble, counted } =
    cell.experiment === "counters"
      ? await counting(perf, started, timeout, signal)
      : {
          ...(await run(started.command, started.args, timeout, signal, started.env)),
          counted: {},
        };
  if (trouble !== undefined) return { failed: trouble };
  const outcome = read(entry, cell, stdout);
  return isSample(outcome) ? { ...outcome, ...counted } : outcome;
}

/** Without hardware events perf would only disturb: what it knows then, the process knows too. */
async function counting(
  perf: Perf | undefined,
  started: Launch,
  timeout: number,
  signal: AbortSignal,
): Promise<Counting> {
  if (perf !== undefined && hasHardware(perf)) return runCounted(perf, started, timeout, signal);
  const finished = await run(started.command, started.args, timeout, signal, started.env);
  const counted = perf?.missing === undefined ? {} : { eventsMissing: perf.missing };
  return { ...finished, counted };
}

export async function launch(entry: RuntimeEntry, cell: Cell, variant?: Variant): Promise<Launch> {
  if (entry.command !== undefined) return entry.command(cell, variant);
  const { node = process.execPath, nodeFlags = [], worker = WORKER } = variant ?? {};
  return { command: node, args: [...nodeFlags, "--expose-gc", worker, JSON.stringify(cell)] };
}

function read(entry: RuntimeEntry, cell: Cell, stdout: string): Outcome {
  const outcome = entry.parse === undefined ? parse(stdout) : entry.parse(cell, stdout);
  if (!isSample(outcome) || cell.limit !== undefined || outcome.count >= cell.count) return outcome;
  return { failed: `counted ${outcome.count} operations, not ${cell.count}` };
}

function parse(stdout: string): Outcome {
  try {
    return JSON.parse(stdout.trimEnd().split("\n").at(-1) as string) as Outcome;
  } catch {
    return { failed: `printed ${JSON.stringify(stdout.slice(0, 80))}` };
  }
}
