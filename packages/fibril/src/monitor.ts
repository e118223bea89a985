/** Callbacks at a fiber's end, for code that does not wait for it. */
import {
  addJoiner,
  CALLBACK,
  callUserCode,
  checkFiber,
  checkValue,
  currentScheduler,
  type Ending,
  endingOf,
  type Fiber,
  hasEnded,
  isTask,
  type Joiner,
  labelOf,
  noTask,
  observe,
  removeJoiner,
  resultOf,
  schedulerOf,
  type Task,
} from "./core/index.js";
import { defaultHost } from "./host/default.js";

/** How a fiber ended, and with what: its result, its error, or, if it was cancelled, the Cancelled. */
export interface End<F extends Fiber = Fiber> {
  /** The fiber that ended. */
  readonly fiber: F;
  /** Whether it returned, failed, or was cancelled or killed. */
  readonly ending: Ending;
  /** The result, the error, or the Cancelled. */
  readonly value: unknown;
}

class Monitor implements Joiner {
  next: Joiner | null = null;
  before: Joiner | null = null;
  last: Joiner = this;
  readonly tell: (end: End) => void;

  constructor(tell: (end: End) => void) {
    this.tell = tell;
  }

  ended(task: Task): void {
    const scheduler = schedulerOf(task);
    tellOf(task, this.tell, (error) => scheduler.unobserved(error));
  }
}

/** Calls the callback; what it throws is reported, and has no other effect. */
function tellOf(task: Task, tell: (end: End) => void, report: (error: unknown) => void): void {
  try {
    callUserCode(() => tell(endOf(task)));
  } catch (error) {
    report(error);
  }
}

function endOf(task: Task): End {
  return { fiber: task as unknown as Fiber, ending: endingOf(task), value: resultOf(task) };
}

/**
 * Calls back once when a fiber has ended, or at once if it has ended already. Returns a function that
 * removes the monitor. A failure that a monitor receives counts as observed.
 *
 * A plain call. For fibers that a scheduler runs; throws FiberError for others, and TypeError for a value
 * that is not a fiber. What the callback throws is reported to the host, and has no other effect.
 *
 * ```ts
 * const worker = spawn(sleep, 1);
 * const undo = monitor(worker, ({ ending }) => console.log(`the worker ${ending}`));
 * undo();
 * yield* worker;
 * ```
 */
export function monitor<F extends Fiber>(fiber: F, tell: (end: End<F>) => void): () => void {
  checkFiber(fiber);
  checkValue("monitor", tell, CALLBACK);
  const task = fiber as unknown as Task;
  if (!isTask(task)) throw noTask("monitor", labelOf(task));
  if (hasEnded(task)) {
    observe(task);
    // The fiber no longer has a scheduler. The caller's reports the error, or the program's host.
    const scheduler = currentScheduler();
    tellOf(task, tell as (end: End) => void, (error) =>
      scheduler === null ? defaultHost().report(error) : scheduler.unobserved(error),
    );
    return () => {};
  }
  const watching = new Monitor(tell as (end: End) => void);
  addJoiner(task, watching);
  return () => removeJoiner(task, watching);
}
