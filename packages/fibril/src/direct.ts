/**
 * `fibril/direct`: what `fibril` has, with the types of direct style. In a module that begins with `"use fibers"` and is
 * compiled by `@fibril/compiler`, every call may wait, so a function that gives an op to `yield*` is a function that
 * results in what the op results in.
 *
 * ```ts
 * "use fibers";
 * import { Channel, run, sleep, spawn } from "fibril/direct";
 *
 * const numbers = new Channel<number>();
 * await run(() => {
 *   spawn(() => {
 *     sleep(1);
 *     numbers.send(5);
 *   });
 *   const n = numbers.receive();
 *   n + 1; // 6
 * });
 * ```
 *
 * At run time, these are the same functions and classes as those of `fibril`. Code that is not compiled gets ops
 * from them, which do nothing; the linter's rule `use-fibers` finds it.
 */
import { Op } from "./frames.js";
import * as fibril from "./index.js";
import type {
  CancelOptions,
  Deadline,
  EachOptions,
  MapOptions,
  ResourceOptions,
  RetryOptions,
  Routine,
  RunOptions,
  Schedule,
  ScopeEnding,
  SelectOptions,
  Suspension,
  Waitable,
} from "./index.js";

export {
  Cancelled,
  createContext,
  currentDeadline,
  DeadlockError,
  exponential,
  fibonacci,
  FiberError,
  fifo,
  fixed,
  locality,
  now,
  Schedule,
  seeded,
  TimeoutError,
  trySelect,
} from "./index.js";

/** An object whose methods result in what the ops of the methods of `Type` result in. */
export type Direct<Type> = {
  [Key in keyof Type]: Type[Key] extends (...args: infer Args) => Op<infer Result, any, any>
    ? (...args: Args) => Result
    : Type[Key];
};

/** The type as it is, and as direct style sees it: both are the same object. */
type Either<Type> = Type | Direct<Type>;

// Waiting.

/**
 * Waits for what stands under `yield*` elsewhere: a call of a routine, a generator, a fiber, or a call that gives an op
 * (of a function of `@fibril/node`, say), written right there: `wait(exec("ls"))`. Suspends as that does. Throws what
 * that throws. Gives any other value back as it is, as `await` does.
 *
 * ```ts
 * "use fibers";
 * import { type Routine, sleep } from "fibril";
 * import { run, wait } from "fibril/direct";
 * function* double(n: number): Routine<number> {
 *   yield* sleep(1);
 *   return 2 * n;
 * }
 * await run(() => {
 *   wait(double(21)); // 42
 * });
 * ```
 */
export function wait<Result>(waitable: Waitable<Result, any, any>): Result {
  // Its own caller runs the op.
  if (waitable instanceof Op) return waitable as never;
  const isWaitable =
    typeof waitable === "object" && waitable !== null && Symbol.iterator in waitable;
  // As `await` does: a function in direct style has waited for its op by itself.
  if (!isWaitable) return waitable;
  return fibril.call((): Waitable<Result, any, any> => waitable) as Result;
}

/** Waits for at least `ms` milliseconds. Throws Cancelled, and RangeError when `ms` is negative or not a number. */
export const sleep = fibril.sleep as (ms: number) => void;
/** Lets every other fiber that is ready run. Throws Cancelled. */
export const yieldNow = fibril.yieldNow as () => void;
/** For loops that compute: throws Cancelled if the fiber was asked to end. Does not suspend. */
export const checkpoint: () => void = fibril.checkpoint;
/** Waits until the function that it was given calls `wake` or `fail`. */
export const suspend: {
  <T = void>(register: fibril.Register<T>): T;
  <T = void>(what: string, register: fibril.Register<T>): T;
} = fibril.suspend;
/** Waits until `unpark` is called with this fiber. */
export const park = fibril.park as unknown as <T = void>() => T;
/** Ends the `park` of a fiber, with a value. A plain call. Returns false if the fiber is not parked. */
export const unpark = fibril.unpark as (fiber: Either<fibril.Fiber>, value?: unknown) => boolean;
/** Waits for a promise. Throws what it rejects with, and Cancelled. */
export const until = fibril.until as unknown as {
  <T>(promise: PromiseLike<T>): T;
  <T>(what: string, promise: PromiseLike<T>): T;
};
/** Waits for an event, once. */
export const once = fibril.once as unknown as <E = any>(
  from: fibril.AnyEventTarget | fibril.AnyEventEmitter,
  type: string,
  options?: fibril.OnceOptions<any>,
) => E;
/** Waits for the first of several waits. A case is a function in direct style that ends with one wait. */
export const select = fibril.select as unknown as <
  const All extends Readonly<Record<string, () => unknown>>,
>(
  cases: All,
  options?: SelectOptions,
) => { [Key in keyof All]: { readonly key: Key; readonly value: ReturnType<All[Key]> } }[keyof All];

// Running.

/** A fiber that a scheduler runs. */
export interface Task<Result> extends Omit<Direct<fibril.Spawned<Result>>, "cancel" | "join"> {
  /** Waits for the fiber's result. Throws what the fiber throws. */
  join(): Result;
  /** Asks the fiber to end. A plain call; `wait` for what it returns to wait for the end. */
  cancel(reason?: unknown, options?: CancelOptions): fibril.Cancelling;
  [Symbol.iterator](): Iterator<Suspension<never, unknown>, Result, any>;
}

/** Runs a function as a fiber, from plain code. Returns a promise of its result, which is also a `Run`. */
export const run = fibril.run as unknown as {
  <Args extends readonly unknown[], Result>(
    main: (...args: Args) => Result,
    ...args: Args
  ): fibril.Run<Result>;
  <Args extends readonly unknown[], Result>(
    options: RunOptions,
    main: (...args: Args) => Result,
    ...args: Args
  ): fibril.Run<Result>;
};
/** Runs a fiber and all below it to their end, without a host, and returns its result. */
export const runSync = fibril.runSync as unknown as <Args extends readonly unknown[], Result>(
  main: (...args: Args) => Result,
  ...args: Args
) => Result;

interface Spawn {
  <Args extends readonly unknown[], Result>(
    work: (...args: Args) => Result,
    ...args: Args
  ): Task<Result>;
  <Args extends readonly unknown[], Result>(
    name: string,
    work: (...args: Args) => Result,
    ...args: Args
  ): Task<Result>;
}
/** Starts a function as a child fiber. A plain call. */
export const spawn = fibril.spawn as unknown as Spawn;
/** The same for a child that is cancelled when the others have ended. */
export const daemon = fibril.daemon as unknown as Spawn;

/** A function that can pause in the middle: see `Fiber` of `fibril`. */
export type Fiber<
  Args extends readonly unknown[] = any,
  Yields = any,
  Receives = any,
  Result = any,
> = fibril.Fiber<Args, Yields, Receives, Result>;
/** The constructor, and what a running fiber does: `Fiber.yield(value)` results in what the fiber is resumed with. */
export const Fiber = fibril.Fiber as unknown as {
  new <Args extends readonly unknown[] = any, Yields = any, Receives = any, Result = any>(
    routine: (...args: Args) => Result,
    options?: fibril.FiberOptions,
  ): Fiber<Args, Yields, Receives, Result>;
  readonly prototype: Fiber;
  readonly current: Fiber;
  yield<Receives = unknown>(value?: unknown): Receives;
  resume<Yields = any>(fiber: Fiber, ...values: readonly unknown[]): Yields;
  transfer<Received = any>(fiber: Fiber, ...values: readonly unknown[]): Received;
};

// Structure.

type Block<Given, Result> = (given: Given) => Result;

/** Runs a block, and ends when the block and all fibers that were spawned in it have ended. */
export const scope = fibril.scope as unknown as <Result>(
  block: Block<fibril.Scope, Result>,
) => Result | undefined;
/** The same, except that a child's failure does not cancel its siblings. */
export const supervised = fibril.supervised as unknown as typeof scope;
/** Runs a block that no request to end reaches from outside. */
export const shield = fibril.shield as unknown as <Result>(
  block: Block<fibril.Scope, Result>,
) => Result;
/** Runs a block for at most `ms` milliseconds, and throws TimeoutError after that. */
export const failAfter = fibril.failAfter as unknown as <Result>(
  ms: number,
  block: Block<Deadline, Result>,
) => Result;
/** The same up to a time on the host's clock. */
export const failAt = fibril.failAt as unknown as typeof failAfter;
/** Runs a block for at most `ms` milliseconds, and results in `fallback` after that. */
export const moveOnAfter = fibril.moveOnAfter as unknown as <Result, Fallback = undefined>(
  ms: number,
  block: Block<Deadline, Result>,
  fallback?: Fallback,
) => Result | Fallback;
/** The same up to a time on the host's clock. */
export const moveOnAt = fibril.moveOnAt as unknown as typeof moveOnAfter;
/** Runs a function when the scope around ends, whatever happens. A plain call. */
export const defer = fibril.defer as unknown as <Args extends readonly unknown[]>(
  work: (...args: [...given: Args, ending: ScopeEnding]) => unknown,
  ...args: Args
) => void;
/** Acquires something that is released when the scope around ends. */
export const resource = fibril.resource as unknown as <T>(
  acquire: () => T,
  release: (value: T, ending: ScopeEnding) => unknown,
  options?: ResourceOptions,
) => T;

// Several at once.

type Results<Works> = {
  -readonly [Key in keyof Works]: Works[Key] extends () => infer Result ? Result : never;
};

/** Runs functions at once, and results in all their results. */
export const all = fibril.all as unknown as <
  const Works extends readonly (() => unknown)[] | Readonly<Record<string, () => unknown>>,
>(
  works: Works,
) => Results<Works>;
/** Runs functions at once, and results in what the first that ends results in. The others are cancelled. */
export const race = fibril.race as unknown as <Result>(works: readonly (() => Result)[]) => Result;
/** The same for the first that succeeds. */
export const any = fibril.any as unknown as typeof race;
/** Calls a function with each item, so many at once, and results in the results. */
export const map = fibril.map as unknown as <T, Result>(
  items: Iterable<T> | AsyncIterable<T>,
  work: (item: T, index: number) => Result,
  options: MapOptions,
) => Result[];
/** The same without results. */
export const forEach = fibril.forEach as unknown as <T>(
  items: Iterable<T> | AsyncIterable<T>,
  work: (item: T, index: number) => unknown,
  options: EachOptions,
) => void;
/** Calls a function again when it fails, until it succeeds or the schedule gives up. */
export const retry = fibril.retry as unknown as <Result>(
  work: (attempt: number) => Result,
  schedule: Schedule,
  options?: RetryOptions,
) => Result;
/** Calls a function, and throws TimeoutError if it takes longer. */
export const timeout = fibril.timeout as unknown as <Args extends readonly unknown[], Result>(
  ms: number,
  work: (...args: Args) => Result,
  ...args: Args
) => Result;

// Between fibers.

/** A channel whose methods wait. */
export interface Channel<T> extends Omit<Direct<fibril.Channel<T>>, "each" | "next"> {
  /** Waits for the next message; results in `none` when the channel has ended. */
  next(): T | undefined;
  next<None>(none: None): T | None;
  /** Calls a function with each message, until the channel has ended. */
  each(body: (message: T) => unknown): void;
}
export const Channel = fibril.Channel as unknown as new <T>(
  ...args: ConstructorParameters<typeof fibril.Channel>
) => Channel<T>;

interface Holding {
  /** Calls a function while the fiber holds the lock. */
  with<Args extends readonly unknown[], Result>(
    work: (...args: Args) => Result,
    ...args: Args
  ): Result;
}

/** A lock that one fiber holds. */
export interface Mutex extends Omit<Direct<fibril.Mutex>, "with">, Holding {}
export const Mutex = fibril.Mutex as unknown as new (
  ...args: ConstructorParameters<typeof fibril.Mutex>
) => Mutex;
/** A lock that so many fibers hold. */
export interface Semaphore extends Omit<Direct<fibril.Semaphore>, "with">, Holding {}
export const Semaphore = fibril.Semaphore as unknown as new (
  ...args: ConstructorParameters<typeof fibril.Semaphore>
) => Semaphore;
/** Something that happens, or does not. */
export type Event = Direct<fibril.Event>;
export const Event = fibril.Event as unknown as new (
  ...args: ConstructorParameters<typeof fibril.Event>
) => Event;
/** A count that fibers wait for. */
export type Latch = Direct<fibril.Latch>;
export const Latch = fibril.Latch as unknown as new (
  ...args: ConstructorParameters<typeof fibril.Latch>
) => Latch;
/** A place where so many fibers meet. */
export type Barrier = Direct<fibril.Barrier>;
export const Barrier = fibril.Barrier as unknown as new (
  ...args: ConstructorParameters<typeof fibril.Barrier>
) => Barrier;

/** Sends a message to a fiber's mailbox. */
export const send = fibril.send as unknown as (
  fiber: Either<fibril.Fiber>,
  message: unknown,
) => void;
/** Waits for a message in the fiber's own mailbox. */
export const receive = fibril.receive as unknown as <Message = unknown>(
  match?: (message: any) => boolean,
) => Message;

/** A routine that calls a function in direct style, for code with `yield*`: `yield* called(work, 5)`. */
export const called = fibril.call as unknown as <Args extends readonly unknown[], Result>(
  work: (...args: Args) => Result,
  ...args: Args
) => Routine<Result>;
