/** A signal for one piece of work. */
import {
  call,
  CALLBACK,
  checkValue,
  hasMethod,
  hereScope,
  isDirect,
  type NoYields,
  type Op,
  type Routine,
  routine,
  type RoutineFunction,
  type ScopeCore,
  type Waitable,
} from "../core/index.js";
import type { HostAbortSignal } from "../abort.js";
import { scope } from "../scope.js";
import { until } from "../until.js";
import { ScopeWatch } from "./abort-signal.js";

type Work<T> = (signal: HostAbortSignal) => Waitable<T, any, any> | PromiseLike<T>;

const run = routine("abortable", (work: Work<unknown>) => scope(() => inScope(work)));

function* inScope(work: Work<unknown>): Routine<unknown> {
  const watch = ScopeWatch.of(hereScope() as ScopeCore, "abortable(…)");
  let failure: unknown;
  try {
    const result = yield* isDirect(work)
      ? directly(work, watch.signal)
      : called(work, watch.signal);
    watch.letGo();
    return result;
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    watch.end(failure);
  }
}

function called(work: Work<unknown>, signal: HostAbortSignal): Waitable<unknown, any, any> {
  const made = work(signal);
  return hasMethod(made, Symbol.iterator)
    ? (made as Waitable<unknown, any, any>)
    : until(made as PromiseLike<unknown>);
}

/** A function in direct style has waited for its ops by itself, but not for a promise that it gives. */
function* directly(work: Work<unknown>, signal: HostAbortSignal): Routine<unknown> {
  const made: unknown = yield* call(work as RoutineFunction<any, unknown, any, any>, signal);
  return hasMethod(made, "then") ? yield* until(made as PromiseLike<unknown>) : made;
}

/**
 * Runs some work with an AbortSignal of its own: it aborts at the moment when the work is asked to end, with
 * the reason that was given, and also when the work fails. It does not abort when the work has been
 * done, because what the work gives may still need it (the body of a response).
 *
 * The work is a routine in a scope of its own, or a function that gives a promise or an op. Suspends as the
 * work does; throws what it throws. For a single promise `until((signal) => …)` does the same for less.
 *
 * ```ts
 * const text = yield* abortable(function* (signal) {
 *   const response = yield* until(fetch("data:,hello", { signal }));
 *   return yield* until(response.text());
 * });
 * text; // "hello"
 * ```
 */
export function abortable<T, Yields = never>(
  work: RoutineFunction<[signal: HostAbortSignal], T, Yields, any> & NoYields<Yields>,
): Op<T>;
export function abortable<T>(work: (signal: HostAbortSignal) => PromiseLike<T>): Op<T>;
export function abortable(work: Work<any>): Op<any> {
  checkValue("abortable", work, CALLBACK);
  return run(work);
}
