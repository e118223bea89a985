/** A pool of worker threads that run routines. */
import { availableParallelism } from "node:os";
import type { ResourceLimits, WorkerOptions } from "node:worker_threads";
import {
  type Op,
  resource,
  type Routine,
  routine,
  type Scope,
  spawn,
  supervised,
  suspend,
} from "fibril";
import {
  ANYTHING,
  checkOptions,
  checkScheduled,
  checkValue,
  MILLISECONDS,
  type Rules,
  TEXT,
  wholeFrom,
} from "fibril/extend";
import { SETTINGS } from "../net/options.js";
import { Call } from "./call.js";
import {
  addressOf,
  type AnyModule,
  type ArgsOf,
  type ModuleAt,
  type ReturnOf,
  type RoutineName,
} from "./module.js";
import { type PoolSettings, WorkerPool } from "./pool.js";

/** Options of `openWorkers`. */
export interface WorkersOptions {
  /** How many workers there may be: as many as the machine has cores for the process by default. */
  readonly size?: number | undefined;
  /** Calls that a worker runs at a time: 1 by default. More for routines that mostly wait. */
  readonly perWorker?: number | undefined;
  /** Milliseconds after which a worker without a call ends: 10,000 by default. */
  readonly idle?: number | undefined;
  /** Milliseconds for a call to end when it is cancelled, before its worker is terminated: 1,000 by default. */
  readonly grace?: number | undefined;
  /** Limits of memory, as of `new Worker`. */
  readonly resourceLimits?: ResourceLimits | undefined;
  /** The environment of the workers, as of `new Worker`: a copy of the process's by default. */
  readonly env?: WorkerOptions["env"];
  /** Arguments of Node for the workers: the process's own by default. */
  readonly execArgv?: readonly string[] | undefined;
  /** For dumps and messages. */
  readonly name?: string | undefined;
}

const RULES: Rules<WorkersOptions> = {
  size: wholeFrom(1),
  perWorker: wholeFrom(1),
  idle: MILLISECONDS,
  grace: MILLISECONDS,
  resourceLimits: SETTINGS,
  env: ANYTHING,
  execArgv: SETTINGS,
  name: TEXT,
};

/** What a pool of workers is doing, in numbers. */
export interface WorkersStats {
  /** How many workers there may be. */
  readonly size: number;
  /** Workers that are there, those included that are starting or ending. */
  readonly workers: number;
  /** Workers that have nothing to do. */
  readonly idle: number;
  /** Calls under way. */
  readonly running: number;
  /** Calls that wait for a worker. */
  readonly waiting: number;
}

const calls = routine("workers.run", (call: Call, pool: WorkerPool) => call.perform(pool));
const closes = routine("workers.close", (pool: WorkerPool) => pool.close());

/** A pool of worker threads. Made by `openWorkers`. */
export class Workers {
  /** @internal */
  readonly _pool: WorkerPool;

  /** @internal */
  constructor(pool: WorkerPool) {
    this._pool = pool;
  }

  /**
   * Calls a routine that a module exports, in a worker; results in what it returns. Arguments and result are copied, as
   * by `structuredClone`; what `transfer` marks is moved, and a SharedArrayBuffer is shared. An argument that is a half of
   * a channel carries messages across, and is closed when the call ends.
   *
   * The routine sees the caller's deadline and the values of shared contexts. When its caller is asked to end, so is it,
   * with the same reason, and the caller waits for its clean-up; a worker whose call does not end within the pool's
   * `grace` is terminated, and its other calls fail.
   *
   * Suspends until the call has ended. Throws what the routine throws, with the stacks of both sides; TypeError for an
   * argument that cannot be copied, or a routine that the module does not export; FiberError of code `broken` when the
   * worker has ended, `closed` when the pool has closed; and Cancelled.
   */
  run<Exports, Name extends RoutineName<Exports>>(
    module: ModuleAt<Exports>,
    name: Name,
    ...args: ArgsOf<Exports[Name]>
  ): Op<ReturnOf<Exports[Name]>>;
  run(module: AnyModule, name: string, ...args: unknown[]): Op<unknown>;
  run(module: URL | string, name: string, ...args: unknown[]): Op<any> {
    const address = addressOf("workers.run", module);
    checkValue("workers.run", name, TEXT);
    return calls(new Call(address, name, args), this._pool) as Op<any>;
  }

  /**
   * Closes the pool before its scope ends: calls under way are cancelled and fail, as does what waits. Suspends until no
   * worker is left.
   */
  close(): Op<void> {
    return closes(this._pool) as Op<void>;
  }

  /** What it is doing, in numbers. A plain call. */
  stats(): WorkersStats {
    const { line, settings, threads } = this._pool;
    let [idle, running] = [0, 0];
    for (const { calls, state } of threads) {
      running += calls.size;
      if (state === "ready" && calls.size === 0) idle++;
    }
    return { size: settings.size, workers: threads.size, idle, running, waiting: line.size };
  }
}

/**
 * Opens a pool of worker threads for the innermost scope of the running fiber, at whose end it is closed. A worker is
 * started when a call needs one, and ends when it has been idle for a while.
 *
 * A plain wait of no time. Throws RangeError and TypeError for invalid options.
 *
 * ```ts
 * import { run } from "fibril";
 * import { openWorkers } from "@fibril/node";
 *
 * const job = `data:text/javascript,export function* double(n) { return 2 * n; }`;
 * await run(function* () {
 *   const workers = yield* openWorkers({ size: 1 });
 *   yield* workers.run(job, "double", 21); // 42
 * });
 * ```
 */
export function openWorkers(options: WorkersOptions = {}): Op<Workers> {
  checkOptions("openWorkers", options, RULES);
  const { env, execArgv, grace = 1_000, idle = 10_000, name = "", perWorker = 1 } = options;
  const { resourceLimits, size = availableParallelism() } = options;
  const worker: WorkerOptions = {};
  if (env !== undefined) worker.env = env;
  if (execArgv !== undefined) worker.execArgv = Array.from(execArgv);
  if (resourceLimits !== undefined) worker.resourceLimits = resourceLimits;
  if (name !== "") worker.name = name;
  const settings: PoolSettings = { name, size, perWorker, idle, grace, worker };
  checkScheduled("openWorkers");
  return opens(settings);
}

const opens = routine("openWorkers", function* (settings: PoolSettings) {
  return yield* resource(
    function* () {
      const flows = yield* suspend<Scope>("the scope of the channels", (wake) => {
        spawn("channels of workers", keeps, wake);
      });
      return new Workers(new WorkerPool(settings, flows));
    },
    (workers) => workers._pool.close(),
  );
});

/** A scope that stays open until its fiber is cancelled. */
function* keeps(opened: (scope: Scope) => void): Routine<void> {
  yield* supervised(function* (scope) {
    opened(scope);
    yield* suspend("the workers to be closed", () => {});
  });
}
