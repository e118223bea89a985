/**
 * Waiting for the first of several things.
 *
 * The cases are looked at one after the other, from a place drawn by lot, so that none that is often ready
 * starves the others. The first that has its result at once is it. If none has, each gets a stand-in that
 * waits for it; the first of these whose wait ends calls all others off, before anything more can come to
 * them. So exactly one case happens.
 *
 *     task ──▶ Selection ──▶ [ stand-in ] ──▶ receive() of channel "a"
 *                            [ stand-in ] ──▶ sleep(100 ms)
 */
import {
  checkOptions,
  currentTask,
  DELIVER,
  FiberError,
  FLAG,
  hasMethod,
  type Op,
  type Rules,
  takeOutcome,
  type Task,
  wait,
  type Wait,
  type WaitKind,
} from "../core/index.js";
import { type Cases, Selection } from "./selection.js";

export type { Cases } from "./selection.js";

type ResultOf<Case> = Case extends () => Op<infer Result> ? Result : never;

/** Which case it was, and what its wait gave. */
export type Selected<All extends Cases> = All extends readonly (infer Case)[]
  ? { readonly key: number; readonly value: ResultOf<Case> }
  : {
      readonly [Key in keyof All]: { readonly key: Key; readonly value: ResultOf<All[Key]> };
    }[keyof All];

/** Options of `select` and `trySelect`. */
export interface SelectOptions {
  /** Of several that are ready take the one that stands first, instead of one by lot. */
  readonly priority?: boolean | undefined;
}

const RULES: Rules<SelectOptions> = { priority: FLAG };

/**
 * Waits for the first of several waits; results in which it was, and its result. The others are called off: no
 * message is received, none is sent, no timer stays.
 *
 * A case is a function that gives a wait: `() => channel.receive()`, `() => channel.send(value)`, `() =>
 * sleep(100)`, `() => fiber.join()`, `() => until(promise)`. The functions are called until one has its result
 * at once: in any order, unless `priority` is set.
 *
 * Suspends while no case is ready. Throws what the wait of the case throws, TypeError for a case that is no
 * wait, and Cancelled. The idea is Go's, the form Clojure's `alt!`.
 *
 * ```ts
 * const jobs = new Channel<string>(1);
 * const quit = new Channel<void>();
 * jobs.trySend("wash");
 * const { key, value } = yield* select({
 *   job: () => jobs.receive(),
 *   quit: () => quit.receive(),
 *   late: () => sleep(100),
 * });
 * key; // "job"
 * value; // "wash"
 * ```
 */
export function select<const All extends Cases>(
  cases: All,
  options?: SelectOptions,
): Op<Selected<All>> {
  return wait(kindOf(cases, options), cases);
}

/**
 * Does what `select` does, but without waiting: answers undefined when no case is ready. A plain call, in a fiber. Throws
 * what the case throws, and FiberError outside of a scheduler's fibers.
 *
 * ```ts
 * await run(function* () {
 *   const jobs = new Channel<string>(1);
 *   trySelect({ job: () => jobs.receive() }); // undefined
 *   jobs.trySend("wash");
 *   trySelect({ job: () => jobs.receive() })?.value; // "wash"
 * });
 * ```
 */
export function trySelect<const All extends Cases>(
  cases: All,
  options?: SelectOptions,
): Selected<All> | undefined {
  const kind = kindOf(cases, options);
  const task = currentTask();
  if (task === null) {
    throw new FiberError(
      "outside",
      "trySelect(…) needs a scheduler: use it in what run(…) started",
    );
  }
  const selection = new Selection(task, cases, kind === BY_PRIORITY);
  if (selection.looks()) {
    const { how, value } = takeOutcome();
    if (how === DELIVER) return value as Selected<All>;
    throw value;
  }
  selection.callOff(undefined);
  return undefined;
}

function kindOf(cases: unknown, options: SelectOptions | undefined): WaitKind {
  if (typeof cases !== "object" || cases === null) {
    throw new TypeError(
      "select takes its cases as an object, or a list, of functions that give a wait",
    );
  }
  // As an object, it would have no cases, and the wait would never end.
  if (hasMethod(cases, Symbol.iterator) && !Array.isArray(cases)) {
    throw new TypeError("select takes its cases as an object, or a list: [...iterable]");
  }
  if (options === undefined) return BY_LOT;
  checkOptions("select", options, RULES);
  return options.priority === true ? BY_PRIORITY : BY_LOT;
}

class Select implements WaitKind {
  readonly name: string;
  readonly priority: boolean;

  constructor(priority: boolean) {
    this.name = "select(…)";
    this.priority = priority;
  }

  begin(task: Task, cases: Cases): Wait | null {
    const selection = new Selection(task, cases, this.priority);
    return selection.looks() || selection.waits() ? null : selection;
  }
}

const BY_LOT = new Select(false);
const BY_PRIORITY = new Select(true);
