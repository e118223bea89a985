/**
 * Runs the cells, each in its own process, in rounds: all cells once, then all of them again. A disturbance
 * of some seconds then affects every runtime alike, rather than all repeats of one runtime.
 */
import { totalmem } from "node:os";
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
  /** Seconds that a cell may take. */
  readonly timeout: number;
  /**
   * Seconds for all cells. The first round starts in any case. A cell that would not fit into the rest of
   * the time is not measured again, and a cell is not run at all where fewer fibers were too many.
   */
  readonly budget?: number;
  /**
   * Set where a round starts with all of its cells or not at all, because they are compared with each
   * other.
   */
  readonly whole?: boolean;
  /** The answer of `find` for each runtime in the cells. */
  readonly found: ReadonlyMap<string, Found>;
  /** How cells with a `variant` are run, by the label in that field. */
  readonly variants?: ReadonlyMap<string, Variant>;
  /** What perf may count. Needed where the cells have `counters` among them. */
  readonly perf?: Perf;
  readonly progress: Progress;
  /** Aborted by Ctrl-C: the running process is ended, and the results so far are returned. */
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
    // Every second round runs backwards, so that a drift within the rounds favours no cell.
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
      // A cell that the budget has cut off has not failed.
      const cut = isFailed(outcome) && left() <= 0;
      if (!signal.aborted && !cut) outcomes.push(outcome);
    }
  }
  return results(tours);
}

/** A cell with its outcomes so far, and the seconds of its last measurement. */
interface Tour extends Result {
  seconds: number;
}

const results = (tours: readonly Tour[]): Result[] =>
  tours.map(({ cell, outcomes }) => ({ cell, outcomes }));

/**
 * The cells of the next round: all, or the quickest as far as the time allows. A cell that has missed a
 * round misses the later ones too, so that two cells can be compared round by round.
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

/** The limit of a smaller size: where fewer fibers were too many, more of them need not be tried. */
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

/** For example, a program could not be built. */
const failed = (error: Error): Outcome => ({ failed: error.message });

const since = (began: number): number => (performance.now() - began) / 1000;

/**
 * Whether a cell needs no further round: a limit and a quoted figure are final, and a failure is not
 * repeated.
 */
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

/** Without hardware events perf would only disturb: the process itself knows everything else. */
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
  const flags = [...roomFor(cell), ...nodeFlags, "--expose-gc"];
  return { command: node, args: [...flags, worker, JSON.stringify(cell)] };
}

/** More fibers than these may need more than the 4 GiB that V8 allows itself: then it may have nearly all memory. */
const MANY = 10_000_000;
const SHARE = 0.9;

const roomFor = ({ fibers }: Cell): string[] =>
  fibers > MANY ? [`--max-old-space-size=${Math.floor((totalmem() * SHARE) / 2 ** 20)}`] : [];

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
