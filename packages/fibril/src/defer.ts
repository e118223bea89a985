/** Clean-up that may wait. */
import {
  call,
  type CleanUp,
  hasMethod,
  hereScope,
  kindOf,
  isDirect,
  makesGenerators,
  Op,
  perform,
  type RoutineFunction,
  type ScopeEnding,
  type Start,
  takeOp,
  unscheduled,
  type Waitable,
} from "./core/index.js";

/**
 * Registers clean-up to run when the innermost scope of the running fiber ends, however it ends. Clean-up
 * runs after all children have ended, the last registered first, and no request reaches it. A plain call.
 *
 * Takes a routine and its arguments; or anything else that can stand under `yield*`, such as an op that has
 * not run yet (a call, a wait), a generator or a fiber; or a plain function, for clean-up that does not wait.
 * A function gets one more argument after its own, a {@link ScopeEnding}, which says how the work of the
 * scope ended. The scope throws the errors of its clean-up. Throws FiberError outside of a scheduler.
 *
 * ```ts
 * const close = routine("close", function* (_name: string): Routine {
 *   yield* sleep(1); // saying goodbye takes a moment, also when the fiber is cancelled
 * });
 * yield* scope(function* () {
 *   defer(close("a"));
 *   yield* sleep(1);
 * });
 * ```
 */
export function defer(work: Waitable<unknown, any, never>): void;
export function defer<Args extends readonly unknown[]>(
  routine: RoutineFunction<[...given: Args, ending: ScopeEnding], unknown, any, any>,
  ...args: Args
): void;
export function defer<Args extends readonly unknown[]>(
  routine: RoutineFunction<Args, unknown, any, any>,
  ...args: Args
): void;
export function defer<Args extends readonly unknown[]>(
  // `void` alone would also accept a function that returns a promise.
  work: (...args: [...given: Args, ending: ScopeEnding]) => void | undefined,
  ...args: Args
): void;
export function defer<Args extends readonly unknown[]>(
  work: (...args: Args) => void | undefined,
  ...args: Args
): void;
export function defer(first: unknown, ...args: unknown[]): void {
  const start = first instanceof Op ? kept() : starting(first, args);
  const scope = hereScope();
  if (scope === undefined) throw unscheduled("defer(…)");
  scope.deferred ??= [];
  scope.deferred.push(start);
}

function starting(routine: unknown, args: unknown[]): CleanUp {
  if (isWaitable(routine)) return () => perform(call(() => routine));
  if (typeof routine !== "function") {
    throw new TypeError(
      `defer takes a function, or what can stand under yield*, not ${kindOf(routine)}`,
    );
  }
  const work = makesGenerators(routine) || isDirect(routine) ? routine : allowingNothing(routine);
  return (ending) => perform(call(work as AnyRoutine, ...args, ending));
}

type AnyRoutine = RoutineFunction<unknown[], unknown, any, any>;

/** Lets a plain function return nothing. If it returns something after all, that is run. */
function allowingNothing(work: Function): Function {
  const routine = (...args: unknown[]): unknown => work(...args) ?? NOTHING;
  return Object.defineProperty(routine, "name", { value: work.name });
}

const NOTHING: Waitable<undefined> = {
  [Symbol.iterator]: () => ({ next: () => ({ done: true, value: undefined }) }),
};

function isWaitable(value: unknown): value is Waitable<unknown, any, any> {
  return typeof value === "object" && hasMethod(value, Symbol.iterator) && !Array.isArray(value);
}

/** An op, for clean-up, which no request reaches. */
function kept(): Start {
  const make = takeOp("defer", true);
  return () => perform(make());
}
