/** Running fibers. */
import * as fibril from "../index.js";
import type {
  Cancelling,
  CancelOptions,
  End,
  FiberOptions,
  HostAbortSignal,
  Raisable,
  Routine,
  Run,
  RunOptions,
  Suspension,
  ToAsyncOptions,
} from "../index.js";
import type { DirectBut, Either } from "./types.js";

/** A fiber that a scheduler runs. */
export interface Task<Result> extends DirectBut<fibril.Spawned<Result>, "cancel" | "join"> {
  /** Waits for the fiber's result. Throws what the fiber throws. */
  join(): Result;
  /** Asks the fiber to end. A plain call; `wait` for what it returns to wait for the end. */
  cancel(reason?: unknown, options?: CancelOptions): Cancelling;
  /** So that `wait` and `yield*` take it. */
  [Symbol.iterator](): Iterator<Suspension<never, unknown>, Result, any>;
}

/** Runs a function, or a routine, as a fiber, from plain code. Returns a promise of its result, which is also a `Run`. */
export const run = fibril.run as unknown as {
  <Args extends readonly unknown[], Result>(
    main: (...args: Args) => Routine<Result>,
    ...args: Args
  ): Run<Result>;
  <Args extends readonly unknown[], Result>(
    main: (...args: Args) => Result,
    ...args: Args
  ): Run<Result>;
  <Args extends readonly unknown[], Result>(
    options: RunOptions,
    main: (...args: Args) => Routine<Result>,
    ...args: Args
  ): Run<Result>;
  <Args extends readonly unknown[], Result>(
    options: RunOptions,
    main: (...args: Args) => Result,
    ...args: Args
  ): Run<Result>;
};
/** Runs a fiber and all below it to their end, without a host, and returns its result. */
export const runSync = fibril.runSync as unknown as {
  <Args extends readonly unknown[], Result>(main: (...args: Args) => Result, ...args: Args): Result;
  <Args extends readonly unknown[], Result>(
    options: Pick<RunOptions, "name" | "policy" | "probe">,
    main: (...args: Args) => Result,
    ...args: Args
  ): Result;
};
/** Runs a function as the program: it is cancelled by SIGINT and SIGTERM, and its failure ends the process with code 1. */
export const main = fibril.main as unknown as {
  <Args extends readonly unknown[]>(
    program: (...args: Args) => unknown,
    ...args: Args
  ): Promise<void>;
  <Args extends readonly unknown[]>(
    options: RunOptions,
    program: (...args: Args) => unknown,
    ...args: Args
  ): Promise<void>;
};

/** The call signatures of functions that start a fiber: a name may stand before the function. */
export interface Spawn {
  <Args extends readonly unknown[], Result>(
    work: (...args: Args) => Routine<Result>,
    ...args: Args
  ): Task<Result>;
  <Args extends readonly unknown[], Result>(
    work: (...args: Args) => Result,
    ...args: Args
  ): Task<Result>;
  <Args extends readonly unknown[], Result>(
    name: string,
    work: (...args: Args) => Routine<Result>,
    ...args: Args
  ): Task<Result>;
  <Args extends readonly unknown[], Result>(
    name: string,
    work: (...args: Args) => Result,
    ...args: Args
  ): Task<Result>;
}
/** Starts a function, or a routine, as a child fiber. A plain call. */
export const spawn = fibril.spawn as unknown as Spawn;
/** Starts a child fiber that is cancelled when all others of its scope have ended. A plain call. */
export const daemon = fibril.daemon as unknown as Spawn;
/** Calls a function when a fiber ends. A plain call; so is the function that it returns, which takes this back. */
export const monitor = fibril.monitor as unknown as <F extends Either<fibril.Fiber>>(
  fiber: F,
  tell: (end: Omit<End, "fiber"> & { readonly fiber: F }) => void,
) => () => void;
/** A picture of all fibers, or of one and those below it, and of what each waits for. A plain call. */
export const dump = fibril.dump as (from?: Either<fibril.Fiber>) => string;

/** A function that can pause in the middle: see `Fiber` of `fibril`. */
export type Fiber<
  Args extends readonly unknown[] = any,
  Yields = any,
  Receives = any,
  Result = any,
> = fibril.Fiber<Args, Yields, Receives, Result>;

/** What gives an op in `fibril`, results in a value here. */
type Ops = "yield" | "resume" | "transfer" | "raise" | "kill";
interface FiberConstructor extends Omit<fibril.FiberConstructor, Ops> {
  new <Args extends readonly unknown[], Yields, Receives, Result>(
    routine: (...args: Args) => Routine<Result, Yields, Receives>,
    options?: FiberOptions,
  ): Fiber<Args, Yields, Receives, Result>;
  new <Args extends readonly unknown[] = any, Yields = any, Receives = any, Result = any>(
    routine: (...args: Args) => Result,
    options?: FiberOptions,
  ): Fiber<Args, Yields, Receives, Result>;
  readonly prototype: Fiber;
  yield<Receives = unknown>(...values: readonly unknown[]): Receives;
  resume<Yields = any>(fiber: Either<Fiber>, ...values: readonly unknown[]): Yields;
  transfer<Received = any>(fiber: Either<Fiber>, ...values: readonly unknown[]): Received;
  raise(fiber: Either<Fiber>, error?: Raisable, message?: string, options?: ErrorOptions): unknown;
  kill<F extends Either<Fiber>>(fiber: F): F | false;
}
/** The constructor, and what a running fiber does: `Fiber.yield(value)` results in what the fiber is resumed with. */
export const Fiber = fibril.Fiber as unknown as FiberConstructor;

/** A routine that calls a function in direct style, for code with `yield*`: `yield* called(work, 5)`. */
export const called = fibril.call as unknown as <Args extends readonly unknown[], Result>(
  work: (...args: Args) => Result,
  ...args: Args
) => Routine<Result>;
/** A function for plain code that runs `work` as a fiber and gives a promise. Its caller may add an AbortSignal. */
export const toAsync = fibril.toAsync as unknown as <Args extends readonly unknown[], Result>(
  work: (...args: Args) => Result,
  options?: ToAsyncOptions,
) => (...args: [...given: Args, signal?: HostAbortSignal]) => Run<Result>;
/** Makes an async generator function of a function that yields with `Fiber.yield`. */
export const toAsyncGenerator = fibril.toAsyncGenerator as unknown as <
  Args extends readonly unknown[],
  Result,
  Yields = any,
  Receives = any,
>(
  work: (...args: Args) => Result,
  options?: ToAsyncOptions,
) => (
  ...args: [...given: Args, signal?: HostAbortSignal]
) => AsyncGenerator<Yields, Result, Receives>;
