import {
  checkValue,
  MILLISECONDS,
  type NoYields,
  type Routine,
  type RoutineFunction,
  calling,
} from "../core/index.js";
import { type Deadline, moveOnAfter } from "../deadline.js";
import { Scope } from "../scope.js";
import { sleep } from "../sleep.js";

/** Asks for some work, which is done later; a plain call, for event listeners as well. */
export interface Debounced<Args extends readonly unknown[]> {
  (...args: Args): void;
  /** Whether it has been asked for and has not begun. */
  readonly pending: boolean;
  /** Has it done now, if it has been asked for. */
  flush(): void;
  /** Takes back what has been asked for and has not begun. */
  clear(): void;
}

/**
 * Does something when it has been asked for and then not again for `ms` milliseconds, with the arguments
 * of the last call. It runs in a fiber of the scope, which stays open for it; one at a time.
 *
 * What it throws fails the scope. Throws RangeError or TypeError for invalid arguments; a call throws
 * FiberError when the scope has closed.
 *
 * ```ts
 * const saved: string[] = [];
 * yield* scope(function* (block) {
 *   const save = debounce(block, 5, function* (text: string) {
 *     saved.push(text);
 *   });
 *   save("f");
 *   save("fi");
 *   save("fib");
 * });
 * assert.deepEqual(saved, ["fib"]);
 * ```
 */
export function debounce<Args extends readonly unknown[], Yields = never>(
  scope: Scope,
  ms: number,
  work: RoutineFunction<Args, unknown, Yields, any> & NoYields<Yields>,
): Debounced<Args> {
  if (!(scope instanceof Scope)) throw new TypeError("debounce takes the scope that it runs in");
  checkValue("debounce", ms, MILLISECONDS);
  if (typeof work !== "function") throw new TypeError("debounce takes a generator function");
  let asked: Args | undefined;
  let running = false;
  let quiet: Deadline | undefined;
  let flushed = false;

  function* run(): Routine<void> {
    try {
      while (asked !== undefined) {
        if (!flushed) {
          yield* moveOnAfter(ms, function* (deadline) {
            quiet = deadline;
            yield* sleep(Infinity);
          });
        }
        quiet = undefined;
        flushed = false;
        const args: Args | undefined = asked;
        asked = undefined;
        if (args !== undefined) yield* calling(work, ...args);
      }
    } finally {
      running = false;
      quiet = undefined;
    }
  }

  const call = (...args: Args): void => {
    asked = args;
    if (running) {
      quiet?.reset(ms);
    } else {
      flushed = false;
      scope.spawn(work.name || "debounced", run);
      running = true;
    }
  };
  const debounced = Object.assign(call, {
    flush: () => {
      if (asked === undefined) return;
      flushed = true;
      quiet?.reset(0);
    },
    clear: () => {
      asked = undefined;
      quiet?.reset(0);
    },
  });
  return Object.defineProperty(debounced, "pending", {
    get: () => asked !== undefined,
  }) as Debounced<Args>;
}
