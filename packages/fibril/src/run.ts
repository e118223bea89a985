/** The ways from plain code into fibers: `run` and `runSync`. */
import {
  addJoiner,
  type AsyncDisposes,
  type Budget,
  type Cancelling,
  type CancelOptions,
  endingOf,
  type Fiber,
  hasMethod,
  type Host,
  type Joiner,
  LocalitySet,
  type NoYields,
  notRoutine,
  observe,
  outcomeOf,
  type Probe,
  promiseOf,
  RAISE,
  type ReadySet,
  refuseStart,
  requestEnd,
  type RoutineFunction,
  Scheduler,
  schedulerOf,
  type Spawned,
  spawnNamed,
  type Task,
} from "./core/index.js";
import type { HostAbortSignal } from "./abort.js";
import { defaultHost } from "./host/default.js";
import { OFFLINE } from "./host/offline.js";
import {
  RUN_RULES,
  SYNC_RULES,
  checkHost,
  checkReadySet,
  checkRunOptions,
  wholeBudget,
} from "./options.js";
import { onAbort } from "./signals.js";

/** Makes the ready set of a scheduler: `fifo`, `seeded(7)`, or one of the program's own. */
export type Policy = () => ReadySet<any>;

/** Options of `run`. */
export interface RunOptions {
  /** The fiber's name in messages and dumps. The routine's name by default. */
  readonly name?: string | undefined;
  /** Cancels the run when it aborts; the promise then rejects with the signal's reason. */
  readonly signal?: HostAbortSignal | undefined;
  /** The host to run on: the program's own by default, `new VirtualHost()` in tests. */
  readonly host?: Host | undefined;
  /** The order in which ready fibers run. A run with a policy has a scheduler of its own. */
  readonly policy?: Policy | undefined;
  /**
   * How long the fibers may keep the host from its own work: 5 ms or 65,536 switches by default,
   * whichever comes first. Infinity means no limit. A run with a budget has a scheduler of its own.
   */
  readonly budget?: Partial<Budget> | undefined;
  /** Callbacks for what happens to the fibers. A run with a probe has a scheduler of its own. */
  readonly probe?: Probe<Fiber> | undefined;
  /** Whether `AsyncLocalStorage` works in each of the run's fibers as it does in async functions. */
  readonly asyncContext?: boolean | undefined;
}

/** The call signatures of `run` and `runSync`: options may stand before the routine. */
export interface RunForms<Kind extends "promise" | "value"> {
  <Args extends readonly unknown[], Result, Yields = never>(
    routine: RoutineFunction<Args, Result, Yields, any> & NoYields<Yields>,
    ...args: Args
  ): Kind extends "promise" ? Run<Result> : Result;
  <Args extends readonly unknown[], Result, Yields = never>(
    options: Kind extends "promise" ? RunOptions : Pick<RunOptions, "name" | "policy" | "probe">,
    routine: RoutineFunction<Args, Result, Yields, any> & NoYields<Yields>,
    ...args: Args
  ): Kind extends "promise" ? Run<Result> : Result;
}

/** One scheduler for each host: all runs on the host take turns in one loop. */
const shared = new WeakMap<Host, Scheduler>();
/** One more for the runs with `asyncContext`, because they need the slower loop. */
const sharedWithContexts = new WeakMap<Host, Scheduler>();

function schedulerFor(options: RunOptions): Scheduler {
  const { host = defaultHost(), policy, budget, probe, asyncContext } = options;
  const own = policy !== undefined || budget !== undefined || probe !== undefined;
  const schedulers = asyncContext === true ? sharedWithContexts : shared;
  const known = own ? undefined : schedulers.get(host);
  if (known !== undefined) return known;
  checkHost(host);
  const ready = policy === undefined ? new LocalitySet<Task>() : checkReadySet(policy());
  const made = new Scheduler(
    host,
    ready,
    wholeBudget(budget),
    probe ?? null,
    asyncContext === true,
  );
  if (!own) schedulers.set(host, made);
  return made;
}

/** The fiber that `run` started, and a promise of its result. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- what is merged is implemented
export class Run<Result> implements Promise<Result> {
  /** The fiber that was started. */
  readonly fiber: Spawned<Result>;
  readonly #promise: Promise<Result>;

  /** @internal */
  constructor(fiber: Spawned<Result>, promise: Promise<Result>) {
    this.fiber = fiber;
    this.#promise = promise;
  }

  /**
   * Asks the fiber and all below it to end. A plain call. `await` its result, or `yield*` it in a fiber, to
   * wait until they have cleaned up; that throws only what clean-up threw.
   */
  cancel(reason?: unknown, options?: CancelOptions): Cancelling {
    return this.fiber.cancel(reason, options);
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise, by delegation
  then<A = Result, B = never>(
    onResult?: ((value: Result) => A | PromiseLike<A>) | null,
    onError?: ((reason: any) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#promise.then(onResult, onError);
  }

  catch<B = never>(onError?: ((reason: any) => B | PromiseLike<B>) | null): Promise<Result | B> {
    return this.#promise.catch(onError);
  }

  finally(onEnd?: (() => void) | null): Promise<Result> {
    return this.#promise.finally(onEnd);
  }

  /**
   * Cancels the run and waits for its clean-up: for `await using` in async functions.
   * @internal Declared below, for programs whose `lib` has the symbol.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    void this.cancel("disposed of");
    await this.#promise.catch((error: unknown) => {
      if (endingOf(this.fiber as unknown as Task) === "failed") throw error;
    });
  }

  readonly [Symbol.toStringTag]: string = "Run";
}

/** `await using` in async functions cancels the run and waits for its clean-up. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- by the class, above
export interface Run<Result> extends Promise<Result>, AsyncDisposes {}

/**
 * Starts a fiber on the host's event loop, from plain code or from a fiber. Returns a promise of its result.
 *
 * A plain call: the fiber starts soon, not at once. The promise rejects with what the fiber throws, and with
 * FiberError when the fiber was cancelled, or when every fiber waits and nothing can wake them, which a browser
 * cannot tell.
 *
 * ```ts
 * const result = await run(function* () {
 *   yield* sleep(10);
 *   return 42;
 * });
 * await run({ signal: AbortSignal.timeout(1000) }, function* (ms: number) {
 *   yield* sleep(ms);
 * }, 5);
 * ```
 */
export const run: RunForms<"promise"> = (...given: any[]): any => {
  const { options, routine, args } = parse("run", given);
  const { name, signal } = options;
  const scheduler = schedulerFor(options);
  const fiber = start(scheduler, name, routine, args);
  const task = fiber as unknown as Task;
  if (signal !== undefined) cancelOnAbort(task, signal);
  return new Run(fiber, promiseOf(task));
};

/**
 * Runs a fiber and all below it to their end, and returns its result. There is no promise and no host.
 *
 * Throws what the fiber throws. A wait that needs a host (`sleep`, `until`, a time limit) throws
 * FiberError. Throws DeadlockError when every fiber waits and nothing can wake them.
 *
 * ```ts
 * const sum = runSync(function* () {
 *   const parts = [1, 2, 3].map((n) => spawn(function* () {
 *     return n * n;
 *   }));
 *   let total = 0;
 *   for (const part of parts) total += yield* part;
 *   return total;
 * });
 * sum; // 14
 * ```
 */
export const runSync: RunForms<"value"> = (...given: any[]): any => {
  const { options, routine, args } = parse("runSync", given);
  const unobserved: unknown[] = [];
  const host: Host = { ...OFFLINE, report: (error) => void unobserved.push(error) };
  const scheduler = schedulerFor({ ...options, host });
  const task = start(scheduler, options.name, routine, args) as unknown as Task;
  observe(task);
  try {
    scheduler.drain();
    // The first time, fibers get the DeadlockError and may clean up; those that still wait then are unwound.
    for (let tries = 0; scheduler.live > 0 && tries < 2; tries++) {
      scheduler.deadlock();
      scheduler.drain();
    }
  } finally {
    scheduler.close();
  }
  const { how, value } = outcomeOf(task);
  if (how === RAISE) throw value;
  if (unobserved.length > 0) throw unobserved[0];
  return value;
};

interface Parsed {
  readonly options: RunOptions;
  readonly routine: unknown;
  readonly args: readonly unknown[];
}

function parse(what: "run" | "runSync", given: readonly unknown[]): Parsed {
  const [first] = given;
  const hasOptions = typeof first === "object" && first !== null && !hasMethod(first, "next");
  const routine = given[hasOptions ? 1 : 0];
  if (typeof routine !== "function") throw notRoutine("run", routine);
  if (hasOptions) checkRunOptions(what, first, what === "run" ? RUN_RULES : SYNC_RULES);
  return {
    options: hasOptions ? first : {},
    routine,
    args: given.slice(hasOptions ? 2 : 1),
  };
}

function start(
  scheduler: Scheduler,
  name: string | undefined,
  routine: unknown,
  args: readonly unknown[],
): Spawned<any> {
  const given = name === undefined ? [routine, ...args] : [name, routine, ...args];
  scheduler.open();
  const fiber = spawnNamed(scheduler.root, 0, given);
  scheduler.opened(fiber as unknown as Task);
  return fiber;
}

function cancelOnAbort(task: Task, signal: HostAbortSignal): void {
  const cancel = (): void => requestEnd(task, "signal", signal.reason);
  if (signal.aborted) return refuseStart(task, "signal", signal.reason);
  const acted = (schedulerOf(task) as Scheduler).acting.add();
  const unheard = onAbort(signal, () => {
    acted();
    cancel();
  });
  addJoiner(
    task,
    new AtEnd(() => {
      acted();
      unheard();
    }),
  );
}

/** Calls a function at a fiber's end. */
class AtEnd implements Joiner {
  next: Joiner | null = null;
  before: Joiner | null = null;
  last: Joiner = this;
  readonly passive = true;
  readonly ended: () => void;

  constructor(ended: () => void) {
    this.ended = ended;
  }
}
