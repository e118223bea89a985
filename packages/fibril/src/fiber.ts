/**
 * `Fiber` as programs see it. It is the core's class under a type with another constructor, which infers from a
 * routine the union of what its ops yield. The constructor of a class has only the type parameters of the
 * class, and TypeScript does not infer a union for any of them.
 */
import {
  Fiber as CoreFiber,
  type FiberOptions,
  type RoutineFunction,
  type Suspension,
  type YieldsOf,
} from "./core/index.js";

export type Fiber<
  Args extends readonly unknown[] = any,
  Yields = any,
  Receives = any,
  Result = any,
> = CoreFiber<Args, Yields, Receives, Result>;

type Statics = { [Name in keyof typeof CoreFiber]: (typeof CoreFiber)[Name] };

/** The constructor of `Fiber`, and its static members, which are for use inside fibers. */
export interface FiberConstructor extends Statics {
  /** Throws TypeError when `routine` is not a function or an option is invalid. Runs nothing. */
  new <
    Args extends readonly unknown[],
    Suspensions extends Suspension<unknown, never>,
    Receives,
    Result,
    // Always inferred as unknown. It makes five type parameters, so that a class that extends Fiber<…> with
    // four arguments finds only the other form.
    _Inferred,
  >(
    routine: (...args: Args) => {
      [Symbol.iterator](): Iterator<Suspensions & Suspension<unknown, Receives>, Result, any>;
    },
    options?: FiberOptions,
  ): Fiber<Args, YieldsOf<Suspensions>, Receives, Result>;
  /** The same with declared types. */
  new <Args extends readonly unknown[] = any, Yields = any, Receives = any, Result = any>(
    routine: RoutineFunction<Args, Result, Yields, Receives>,
    options?: FiberOptions,
  ): Fiber<Args, Yields, Receives, Result>;
  /** What all fibers inherit from. */
  readonly prototype: Fiber;
}

/**
 * A routine that can pause in the middle and go on later.
 *
 * Nothing runs before the first `resume` or `transfer`. TypeScript infers from the routine what the fiber
 * yields, receives and returns. A program may also declare these types:
 * `new Fiber<[start: number], number, string, void>(…)`.
 *
 * ```ts
 * const counter = new Fiber(function* (start: number) {
 *   for (let n = start; ; n += yield* Fiber.yield<number>(n));
 * });
 * counter.resume(1); // 1
 * counter.resume(5); // 6
 * ```
 */
export const Fiber: FiberConstructor = CoreFiber;
