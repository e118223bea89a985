/** When, how often, and what to do about failures. */
import * as fibril from "../index.js";
import type {
  CircuitBreakerOptions,
  Debounced,
  EveryOptions,
  FiberMapOptions,
  LoaderOptions,
  MemoizeOptions,
  MemoizeStats,
  RateLimiterOptions,
  RetryOptions,
  Schedule,
  Throttled,
  Tick,
  Times,
} from "../index.js";
import type { Task } from "./run.js";
import type { Scope } from "./structure.js";
import type { Direct, DirectBut } from "./types.js";

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
/** Calls a function every so many milliseconds, or at times. */
export const every = fibril.every as unknown as {
  (period: number, work: (tick: Tick) => unknown, options?: EveryOptions): never;
  (times: Times, work: (tick: Tick) => unknown, options?: Pick<EveryOptions, "clock">): void;
};

interface Guarding {
  /** Calls a function, unless the circuit is open. Throws CircuitOpenError when it is. */
  with<Result>(work: () => Result): Result;
}
/** Stops calling what fails all the time. */
export interface CircuitBreaker extends DirectBut<fibril.CircuitBreaker, "with">, Guarding {}
export const CircuitBreaker = fibril.CircuitBreaker as unknown as new (
  options: CircuitBreakerOptions,
) => CircuitBreaker;
/** Lets so much happen in so much time. */
export interface RateLimiter extends DirectBut<fibril.RateLimiter, "with"> {
  /** Waits for permits, and calls a function. */
  with<Result>(work: () => Result, permits?: number): Result;
}
export const RateLimiter = fibril.RateLimiter as unknown as new (
  options: RateLimiterOptions,
) => RateLimiter;

/** A function that keeps its results. */
export interface Memoized<Args extends readonly unknown[], Result> {
  (...args: Args): Result;
  /** Forgets one result. */
  delete(...args: Args): boolean;
  /** Forgets all. */
  clear(): void;
  /** What is to be known of it, in plain numbers. */
  stats(): MemoizeStats;
}
/** Makes a function that keeps its results. A plain call. */
export const memoize = fibril.memoize as unknown as <Args extends readonly unknown[], Result>(
  work: (...args: Args) => Result,
  options?: MemoizeOptions<Args>,
) => Memoized<Args, Result>;
/** Loads values by keys, many at a time. */
export type Loader<Key, Value> = Direct<fibril.Loader<Key, Value>>;
/** Makes a loader, which collects the keys of one turn and loads them with one call. A plain call. */
export const loader = fibril.loader as unknown as <Key, Value>(
  batch: (keys: readonly Key[]) => readonly (Value | Error)[],
  options?: LoaderOptions<Key>,
) => Loader<Key, Exclude<Value, Error>>;

/** Makes a function that calls `work` when it has not been called for a while. A plain call. */
export const debounce = fibril.debounce as unknown as <Args extends readonly unknown[]>(
  scope: Scope | fibril.Scope,
  ms: number,
  work: (...args: Args) => unknown,
) => Debounced<Args>;
/** Makes a function that calls `work` at most once in a time. A plain call. */
export const throttle = fibril.throttle as unknown as <Args extends readonly unknown[]>(
  scope: Scope | fibril.Scope,
  ms: number,
  work: (...args: Args) => unknown,
) => Throttled<Args>;
/** A fiber for each key. */
export interface FiberMap<Key = unknown> extends Omit<fibril.FiberMap<Key>, "spawn" | "get"> {
  /** Starts a function as the fiber of a key. A plain call. */
  spawn<Args extends readonly unknown[], Result>(
    key: Key,
    work: (...args: Args) => Result,
    ...args: Args
  ): Task<Result>;
  /** The newest fiber of a key. */
  get(key: Key): Task<unknown> | undefined;
}
export const FiberMap = fibril.FiberMap as unknown as new <Key = unknown>(
  scope: Scope | fibril.Scope,
  options?: FiberMapOptions,
) => FiberMap<Key>;
