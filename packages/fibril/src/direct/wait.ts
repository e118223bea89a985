/** Waiting. */
import { Op } from "../frames.js";
import * as fibril from "../index.js";
import type {
  AnyEventEmitter,
  AnyEventTarget,
  HostAbortSignal,
  OnceOptions,
  Register,
  SelectOptions,
  Waitable,
} from "../index.js";
import type { Either } from "./types.js";

/**
 * Waits for what stands under `yield*` elsewhere: a call of a routine, a generator, a fiber, or a call that gives an op
 * (of a function of another package, say), written right there: `wait(query("select 1"))`. Suspends as that does. Throws
 * what that throws. Gives any other value back as it is, as `await` does.
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
export function wait<Result>(waitable: Waitable<Result, any, any>): Result;
export function wait<Value>(value: Value): Value;
export function wait(waitable: unknown): unknown {
  // Its own caller runs the op.
  if (waitable instanceof Op) return waitable;
  // As `await` does: a function in direct style has waited for its op by itself.
  if (!isWaitable(waitable)) return waitable;
  return fibril.call(() => waitable);
}

/** Whether it may contain ops. Asking its iterator could make one. */
function isWaitable(value: unknown): value is Waitable<unknown, any, any> {
  if (typeof value !== "object" || value === null || !(Symbol.iterator in value)) return false;
  const isCollection = value instanceof Map || value instanceof Set || ArrayBuffer.isView(value);
  return !isCollection && !Array.isArray(value);
}

/** Waits for at least `ms` milliseconds. Throws Cancelled, and RangeError when `ms` is negative or not a number. */
export const sleep = fibril.sleep as (ms: number) => void;
/** Lets every other fiber that is ready run. Throws Cancelled. */
export const yieldNow = fibril.yieldNow as () => void;
/** For loops that compute: lets other fibers run, at most once a millisecond. Throws Cancelled. */
export const breathe = fibril.breathe as () => void;
/** For loops that compute: throws Cancelled if the fiber was asked to end. Does not suspend. */
export const checkpoint: () => void = fibril.checkpoint;
/** Waits until the function that it was given calls `wake` or `fail`. */
export const suspend: {
  <T = void>(register: Register<T>): T;
  <T = void>(what: string, register: Register<T>): T;
} = fibril.suspend;
/** Waits until `unpark` is called with this fiber. */
export const park = fibril.park as unknown as <T = void>() => T;
/** Ends the `park` of a fiber, with a value. A plain call. Returns false if the fiber is not parked. */
export const unpark = fibril.unpark as (fiber: Either<fibril.Fiber>, value?: unknown) => boolean;

/** A promise, or a function that makes one and whose signal aborts when the fiber is cancelled. */
type Promising<T> = PromiseLike<T> | ((signal: HostAbortSignal) => PromiseLike<T>);
/** Waits for a promise. Throws what it rejects with, and Cancelled. */
export const until: {
  <T>(promise: Promising<T>): T;
  <T>(what: string, promise: Promising<T>): T;
} = fibril.until;
/** Runs a function with a signal that aborts when it is asked to end, or fails. */
export const abortable = fibril.abortable as unknown as {
  <T>(work: (signal: HostAbortSignal) => PromiseLike<T>): T;
  <T>(work: (signal: HostAbortSignal) => T): T;
};
/** Waits for an event, once. */
export const once: {
  <E = any>(from: AnyEventTarget, type: string, options?: OnceOptions<E>): E;
  <Args extends readonly unknown[] = any[]>(
    from: AnyEventEmitter,
    type: string | symbol,
    options?: OnceOptions<Args>,
  ): Args;
} = fibril.once;

/** Functions in direct style that each end with one wait. */
type Cases = Readonly<Record<string, () => unknown>> | readonly (() => unknown)[];
type Selected<All extends Cases> = All extends readonly (() => infer Result)[]
  ? { readonly key: number; readonly value: Result }
  : {
      [Key in keyof All]: {
        readonly key: Key;
        readonly value: All[Key] extends () => infer Result ? Result : never;
      };
    }[keyof All];
/** Waits for the first of several waits. A case is a function in direct style that ends with one wait. */
export const select = fibril.select as unknown as <const All extends Cases>(
  cases: All,
  options?: SelectOptions,
) => Selected<All>;
/** Takes the first of several waits that can end at once; `undefined` if none can. A plain call. */
export const trySelect = fibril.trySelect as unknown as <const All extends Cases>(
  cases: All,
  options?: SelectOptions,
) => Selected<All> | undefined;
