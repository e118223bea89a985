/** What `cancel` returns: the end of the fiber, to wait for or not. */
import type { Joiner, TaskFields } from "../kernel/registers.js";
import { CUT, OBSERVED, RAISES, TERMINATED } from "../kernel/state.js";
import { silencePromise } from "../kernel/task-end.js";
import type { Suspension, Waitable } from "../kernel/types.js";
import { resultOf } from "../kernel/wait-slot.js";
import { addJoiner, teardownOp } from "./join.js";

/**
 * The end of a cancelled fiber. Wait for it with `yield*` in fibers and with `await` elsewhere, or do not
 * wait at all. Throws only what the fiber's clean-up threw.
 */
export class Cancelling implements Waitable<void>, PromiseLike<void> {
  readonly #task: TaskFields;
  /** The fiber had ended before it was cancelled, so its error, if any, did not come from clean-up. */
  readonly #ended: boolean;

  /** @internal */
  constructor(task: TaskFields, ended: boolean) {
    this.#task = task;
    this.#ended = ended;
  }

  [Symbol.iterator](): Iterator<Suspension, void, any> {
    return teardownOp(this.#task, this.#ended)[Symbol.iterator]();
  }

  // oxlint-disable-next-line unicorn/no-thenable -- so that `await` waits; a promise would cost every cancel
  then<A = void, B = never>(
    onEnd?: ((value: void) => A | PromiseLike<A>) | null,
    onError?: ((reason: any) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const promise = new Promise<void>((resolve, reject) => {
      const task = this.#task;
      const waiter = new Waiter(resolve, reject);
      if (this.#ended) resolve();
      else if ((task._flags & TERMINATED) === 0) addJoiner(task, waiter);
      else waiter.ended(task);
    });
    return promise.then(onEnd, onError);
  }
}

/** The wait of code outside of fibers for the end. */
class Waiter implements Joiner {
  next: Joiner | null = null;
  before: Joiner | null = null;
  last: Joiner = this;
  private readonly resolve: () => void;
  private readonly reject: (reason: unknown) => void;

  constructor(resolve: () => void, reject: (reason: unknown) => void) {
    this.resolve = resolve;
    this.reject = reject;
  }

  ended(task: TaskFields): void {
    if ((task._flags & (RAISES | CUT)) !== RAISES) return this.resolve();
    task._flags |= OBSERVED;
    silencePromise(task);
    this.reject(resultOf(task));
  }
}
