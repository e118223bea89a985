/** Being told of a fiber's end without waiting for it. */
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

/** How a fiber ended, and with what: its result, its error, or, cancelled, the Cancelled. */
export interface End<F extends Fiber = Fiber> {
  readonly fiber: F;
  readonly ending: Ending;
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

/** What the callback throws is reported, and is nobody else's matter. */
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
 * Calls back once when a fiber has ended, at once when it has already. Gives what calls the watching
 * off. A failure that a monitor is told of counts as observed.
 *
 * For fibers that a scheduler runs; throws FiberError for others, TypeError for what is no fiber. What the callback throws is
 * reported to the host, and is nobody else's matter.
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
    // It has no scheduler any more: the one of whoever asks, or the program's host.
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
