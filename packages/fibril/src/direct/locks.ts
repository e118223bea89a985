/** Locks, and things that are lent. */
import * as fibril from "../index.js";
import type { LockOptions } from "../index.js";
import type { Direct, DirectBut, Made } from "./types.js";

interface Holding {
  /** Calls a function while the fiber holds the lock. */
  with<Args extends readonly unknown[], Result>(
    work: (...args: Args) => Result,
    ...args: Args
  ): Result;
}

/** A lock that one fiber holds. */
export interface Mutex extends DirectBut<fibril.Mutex, "with">, Holding {}
export const Mutex = fibril.Mutex as unknown as new (
  ...args: ConstructorParameters<typeof fibril.Mutex>
) => Mutex;
/** A lock that so many fibers hold. */
export interface Semaphore extends DirectBut<fibril.Semaphore, "with" | "withPermits">, Holding {
  /** Calls a function while the fiber holds so many permits. */
  withPermits<Args extends readonly unknown[], Result>(
    count: number,
    work: (...args: Args) => Result,
    ...args: Args
  ): Result;
}
export const Semaphore = fibril.Semaphore as unknown as new (
  ...args: ConstructorParameters<typeof fibril.Semaphore>
) => Semaphore;
/** One side of an `RwLock`. */
export interface RwLockSide extends DirectBut<fibril.RwLockSide, "with">, Holding {}
export const RwLockSide = fibril.RwLockSide as unknown as Made<RwLockSide>;
/** A lock that many readers hold, or one writer. */
export interface RwLock extends Omit<fibril.RwLock, "read" | "write"> {
  /** The side of the readers. */
  readonly read: RwLockSide;
  /** The side of the writer. */
  readonly write: RwLockSide;
}
export const RwLock = fibril.RwLock as unknown as new (
  ...args: ConstructorParameters<typeof fibril.RwLock>
) => RwLock;
/** Waiting, while holding a mutex, for somebody to change what the mutex protects. */
export interface Condition extends DirectBut<fibril.Condition, "with" | "mutex">, Holding {
  /** The mutex that has to be held. */
  readonly mutex: Mutex;
}
export const Condition = fibril.Condition as unknown as new (
  options?: ConditionOptions,
) => Condition;
/** What a condition takes. */
export interface ConditionOptions extends LockOptions {
  /** The mutex that protects what is waited for; its own by default. */
  readonly mutex?: Mutex | undefined;
}

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

/** A value that is computed once, when it is first asked for. */
export type Once<T> = Direct<fibril.Once<T>>;
export const Once = fibril.Once as unknown as new <T>(
  work: () => T,
  options?: LockOptions,
) => Once<T>;
/** A function that computes a value once, when it is first called. */
export const lazy = fibril.lazy as unknown as <T>(work: () => T, options?: LockOptions) => () => T;

/** Options of `openPool`. */
export interface PoolOptions<R> extends Omit<
  fibril.PoolOptions<R>,
  "create" | "destroy" | "check"
> {
  /** Makes a resource. */
  readonly create: () => R;
  /** Disposes of one. */
  readonly destroy?: ((resource: R) => unknown) | undefined;
  /** Whether one that lay idle can still be used. */
  readonly check?: ((resource: R) => boolean) | undefined;
}
/** Resources that are lent. */
export interface Pool<R> extends DirectBut<fibril.Pool<R>, "with"> {
  /** Calls a function with a resource, and takes it back. */
  with<Args extends readonly unknown[], Result>(
    work: (resource: R, ...args: Args) => Result,
    ...args: Args
  ): Result;
}
export const Pool = fibril.Pool as unknown as Made<Pool<any>>;
/** Opens a pool, which is closed when the scope around ends. */
export const openPool = fibril.openPool as unknown as <R>(options: PoolOptions<R>) => Pool<R>;
