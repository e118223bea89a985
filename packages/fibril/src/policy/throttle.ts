import {
  checkValue,
  MILLISECONDS,
  type NoYields,
  type Routine,
  type RoutineFunction,
  calling,
} from "../core/index.js";
import { now } from "../deadline.js";
import { Scope } from "../scope.js";
import { sleep } from "../sleep.js";

/** Asks for some work; a plain call, for event listeners as well. */
export interface Throttled<Args extends readonly unknown[]> {
  (...args: Args): void;
  /** Whether it has been asked for and has not begun. */
  readonly pending: boolean;
  /** Takes back what has been asked for and has not begun. */
  clear(): void;
}

/**
 * Does something when it is asked for, but begins it no more than once in so many milliseconds: what comes
 * earlier is done at the end of that time, with the arguments of the last call. It runs in a fiber of the
 * scope, which stays open for it; one at a time.
 *
 * What it throws fails the scope. Throws RangeError or TypeError for invalid arguments; a call throws
 * FiberError when the scope has closed.
 *
 * ```ts
 * const shown: number[] = [];
 * yield* scope(function* (block) {
 *   const show = throttle(block, 5, function* (percent: number) {
 *     shown.push(percent);
 *   });
 *   for (let percent = 0; percent <= 100; percent++) {
 *     show(percent);
 *     if (percent === 0) yield* yieldNow();
 *   }
 * });
 * assert.deepEqual(shown, [0, 100]);
 * ```
 */
export function throttle<Args extends readonly unknown[], Yields = never>(
  scope: Scope,
  ms: number,
  work: RoutineFunction<Args, unknown, Yields, any> & NoYields<Yields>,
): Throttled<Args> {
  if (!(scope instanceof Scope)) throw new TypeError("throttle takes the scope that it runs in");
  checkValue("throttle", ms, MILLISECONDS);
  if (typeof work !== "function") throw new TypeError("throttle takes a generator function");
  let asked: Args | undefined;
  let running = false;
  let next = -Infinity;

  function* run(): Routine<void> {
    try {
      while (asked !== undefined) {
        const early = next - now();
        if (early > 0) yield* sleep(early);
        const args: Args | undefined = asked;
        if (args === undefined) return;
        asked = undefined;
        next = now() + ms;
        yield* calling(work, ...args);
      }
    } finally {
      running = false;
    }
  }

  const call = (...args: Args): void => {
    asked = args;
    if (running) return;
    scope.spawn(work.name || "throttled", run);
    running = true;
  };
  const clear = (): void => {
    asked = undefined;
  };
  return Object.defineProperty(Object.assign(call, { clear }), "pending", {
    get: () => asked !== undefined,
  }) as Throttled<Args>;
}
