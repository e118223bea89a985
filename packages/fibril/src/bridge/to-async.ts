/** A routine for those who want an async function. */
import { CALLBACK, checkValue, type NoYields, type RoutineFunction } from "../core/index.js";
import { type HostAbortSignal, isAbortSignal } from "../abort.js";
import { checkRunOptions, RUN_RULES } from "../options.js";
import { type Run, run, type RunOptions } from "../run.js";

/** The options of `run`, but for the signal, which each call has of its own. */
export type ToAsyncOptions = Omit<RunOptions, "signal">;

/** Takes the signal off the end of what a function was called with. */
export function splitSignal(given: readonly unknown[]): {
  args: readonly unknown[];
  signal: HostAbortSignal | undefined;
} {
  const last = given.at(-1);
  return isAbortSignal(last)
    ? { args: given.slice(0, -1), signal: last }
    : { args: given, signal: undefined };
}

/** The wrapper looks like what it wraps, for whoever prints it or counts its parameters. */
export function dress<F extends Function>(wrapper: F, original: Function, name?: string): F {
  return Object.defineProperties(wrapper, {
    name: { value: name ?? original.name },
    length: { value: original.length },
  });
}

/**
 * Makes an async function of a routine, for every place that takes one: a handler, a test, a callback.
 *
 * Each call is a run of its own. An AbortSignal as the last argument cancels it, and is not handed on: the
 * promise then rejects with the signal's reason, after clean-up. (A routine that needs a signal gets one from
 * `abortSignal()`.) Takes the options of `run`; throws TypeError for what is not a function.
 *
 * ```ts
 * const double = toAsync(function* (n: number) {
 *   yield* sleep(1);
 *   return 2 * n;
 * });
 * await double(21); // 42
 * await double(21, AbortSignal.timeout(1_000)); // 42
 * ```
 */
export function toAsync<Args extends readonly unknown[], Result, Yields = never>(
  routine: RoutineFunction<Args, Result, Yields, any> & NoYields<Yields>,
  options: ToAsyncOptions = {},
): (...args: [...given: Args, signal?: HostAbortSignal]) => Run<Result> {
  checkValue("toAsync", routine, CALLBACK);
  checkRunOptions("toAsync", options, RUN_RULES);
  const start = (...given: unknown[]): Run<Result> => {
    const { args, signal } = splitSignal(given);
    return run<any, Result>({ ...options, signal }, routine as never, ...(args as never[]));
  };
  return dress(start, routine, options.name);
}
