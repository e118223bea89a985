/** Clean-up that may wait. */
import {
  call,
  type CleanUp,
  hasMethod,
  hereScope,
  kindOf,
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
 * Has some work done when the innermost scope of the running fiber ends, however it ends: after all
 * children, last deferred first, and where no cancelling reaches. A plain call.
 *
 * Takes a routine and its arguments, or what else could stand under `yield*`: an op that is not run yet
 * (a call, a wait), a generator, a fiber; or a plain function, for clean-up that does not wait. A function
 * is told after its arguments how the work of the scope ended: a {@link ScopeEnding}. An error of clean-up
 * comes out of the scope. Throws FiberError where no scheduler is.
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
  // No `void` alone, which would also take a function that gives a promise.
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
  const work = makesGenerators(routine) ? routine : allowingNothing(routine);
  return (ending) => perform(call(work as AnyRoutine, ...args, ending));
}

type AnyRoutine = RoutineFunction<unknown[], unknown, any, any>;

/** A plain function has done its work when it returns; what it gives all the same is run. */
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
