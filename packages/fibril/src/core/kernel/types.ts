/**
 * The types that carry what a fiber yields and receives through `yield*`.
 *
 * A routine's inferred yield type is the union of the suspensions of the ops it runs. So the compiler can
 * infer from a fiber's routine what the fiber yields, receives and returns. None of this exists at run time.
 */
declare const YIELDS: unique symbol;
declare const RECEIVES: unique symbol;

/** The types of one suspension: what it yields, and what it receives. */
export interface Suspension<out Yields = never, in Receives = unknown> {
  readonly [YIELDS]?: Yields;
  readonly [RECEIVES]?: (value: Receives) => void;
}

/**
 * The type of the generator of a routine. Recursive routines have to declare it as their return type,
 * because TypeScript cannot infer a type that refers to itself.
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

/** A function whose result a fiber can run: a generator function, or a function that `routine` made. */
export type RoutineFunction<Args extends readonly unknown[], Result, Yields, Receives> = (
  ...args: Args
) => Waitable<Result, Yields, Receives>;

/**
 * `Then` for tasks and for fibers whose type does not say which they are, `Else` for coroutines. A task
 * receives never. A coroutine receives at least unknown, even if it ignores what it receives.
 */
export type IfTask<Receives, Then, Else = never> = 0 extends 1 & Receives
  ? Then
  : [Receives] extends [never]
    ? Then
    : Else;

/** The type of `this` in a method that is only for tasks. */
export type OnlyTask<Receives> = IfTask<
  Receives,
  unknown,
  { readonly "a coroutine has no scheduler: use resume, or start the fiber with spawn": never }
>;

/** What a routine of a task may yield: nothing, because a task has no resumer. */
export type NoYields<Yields> = 0 extends 1 & Yields
  ? unknown
  : [Yields] extends [never]
    ? unknown
    : { readonly "a task has nobody to yield to: Fiber.yield is for coroutines": never };

/** The union of what a routine's suspensions yield. */
export type YieldsOf<Suspensions> =
  Suspensions extends Suspension<infer Yields, never> ? Yields : never;

/** Stands for a type argument that was not written. */
declare const NOT_SAID: unique symbol;
export interface NotSaid {
  readonly [NOT_SAID]: never;
}

/** The type of a parameter in a signature that is only for calls with a type argument. */
export type IfSaid<Receives, Value> = [Receives] extends [NotSaid] ? never : Value;

/** The method `[Symbol.asyncDispose]`, for programs whose `lib` has that symbol. */
export type AsyncDisposes = SymbolConstructor extends {
  readonly asyncDispose: infer Key extends symbol;
}
  ? { readonly [Name in Key]: () => Promise<void> }
  : {};

/** The method `[Symbol.dispose]`, for programs whose `lib` has that symbol. */
export type Disposes = SymbolConstructor extends { readonly dispose: infer Key extends symbol }
  ? { readonly [Name in Key]: () => void }
  : {};

/**
 * What `resume` accepts: the routine's parameters the first time, and later what its `Fiber.yield` receives.
 * A fiber that ignores what it receives can be resumed without a value. A task cannot be resumed at all.
 */
export type ResumeValues<Args extends readonly unknown[], Receives> = [Receives] extends [never]
  ? [onlyItsSchedulerResumesATask: never]
  : Args | (unknown extends Receives ? [] : [value: Receives]);
