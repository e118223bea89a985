/**
 * `Fiber` as programs see it. It is the core's class; what is added is a constructor that reads off a
 * routine what several ops of different types yield. A class's own constructor has the type parameters
 * of the class and no more, and TypeScript infers no union for any of them.
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

export interface FiberConstructor extends Statics {
  /** Throws TypeError when `routine` is no function or an option is none. Runs nothing. */
  new <
    Args extends readonly unknown[],
    Suspensions extends Suspension<unknown, never>,
    Receives,
    Result,
    // Inferred as unknown: a fifth one, because a class that extends Fiber<…> with four of them must
    // find the other form only.
    _Inferred,
  >(
    routine: (...args: Args) => {
      [Symbol.iterator](): Iterator<Suspensions & Suspension<unknown, Receives>, Result, any>;
    },
    options?: FiberOptions,
  ): Fiber<Args, YieldsOf<Suspensions>, Receives, Result>;
  /** The same with types that are declared. */
  new <Args extends readonly unknown[] = any, Yields = any, Receives = any, Result = any>(
    routine: RoutineFunction<Args, Result, Yields, Receives>,
    options?: FiberOptions,
  ): Fiber<Args, Yields, Receives, Result>;
  readonly prototype: Fiber;
}

/**
 * A routine that can pause in the middle and go on later.
 *
 * Nothing runs before the first `resume` or `transfer`. What it yields, receives and returns is read off
 * the routine, or declared: `new Fiber<[start: number], number, string, void>(…)`.
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
