/**
 * The types that carry what a fiber yields and receives through `yield*`.
 *
 * A routine's inferred yield type is the union of the suspensions of the ops it runs; so what a
 * fiber yields, receives and returns can be read off its routine. Nothing of this exists at run time.
 */
declare const YIELDS: unique symbol;
declare const RECEIVES: unique symbol;

/** The type-level trace of one suspension: what goes out, and what is expected back. */
export interface Suspension<out Yields = never, in Receives = unknown> {
  readonly [YIELDS]?: Yields;
  readonly [RECEIVES]?: (value: Receives) => void;
}

/**
 * The type of a routine's body. Recursive routines need it as their return type, because TypeScript
 * cannot infer a type that refers to itself.
 *
 * ```ts
 * const depth = routine(function* (n: number): Routine<number> {
 *   return n === 0 ? 0 : 1 + (yield* depth(n - 1));
 * });
 * ```
 */
export type Routine<Result = void, Yields = any, Receives = any> = Generator<
  Suspension<Yields, Receives>,
  Result,
  any
>;

/** What `yield*` accepts in a routine: an op, or a generator made of ops. */
export interface Waitable<out Result, out Yields = never, in Receives = unknown> {
  [Symbol.iterator](): Iterator<Suspension<Yields, Receives>, Result, any>;
}

/** A function whose result a fiber can run: a generator function, or what `routine` gives. */
export type RoutineFunction<Args extends readonly unknown[], Result, Yields, Receives> = (
  ...args: Args
) => Waitable<Result, Yields, Receives>;

/**
 * What `resume` accepts: the routine's parameters the first time, later what its `Fiber.yield`
 * receives. A fiber that never looks at what it receives can be resumed with nothing.
 */
export type ResumeValues<Args extends readonly unknown[], Receives> =
  | Args
  | (unknown extends Receives ? [] : [value: Receives]);
