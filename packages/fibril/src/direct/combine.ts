/** Several functions at once, and functions for many items. */
import * as fibril from "../index.js";
import type {
  BatchesOptions,
  EachOptions,
  FiberOutcome,
  HedgeOptions,
  MapOptions,
} from "../index.js";
import type { Receiver, Channel } from "./channels.js";
import type { Reader } from "./streams.js";

type Works = readonly (() => unknown)[] | Readonly<Record<string, () => unknown>>;
type ResultOf<Work> = Work extends () => infer Result ? Result : never;
type Results<All> = { -readonly [Key in keyof All]: ResultOf<All[Key]> };

/** Runs functions at once, and results in all their results. */
export const all = fibril.all as unknown as <const All extends Works>(works: All) => Results<All>;
/** Runs functions at once, and results in what the first that ends results in. The others are cancelled. */
export const race = fibril.race as unknown as <const All extends readonly (() => unknown)[]>(
  works: All,
) => ResultOf<All[number]>;
/** Runs functions at once, and results in what the first that succeeds results in. The others are cancelled. */
export const any = fibril.any as unknown as typeof race;
/** Runs functions at once, and results in how each has ended. */
export const settled = fibril.settled as unknown as <const All extends readonly (() => unknown)[]>(
  works: All,
) => { -readonly [Key in keyof All]: FiberOutcome<ResultOf<All[Key]>> };
/** Runs functions at once, and calls `body` with each result as it comes. */
export const inCompletionOrder = fibril.inCompletionOrder as unknown as <
  const All extends readonly (() => unknown)[],
>(
  works: All,
  body: (result: ResultOf<All[number]>, index: number) => unknown,
) => void;
/** Calls a function again if it takes long, and results in what the first call to succeed results in. */
export const hedge = fibril.hedge as unknown as <Result>(
  work: (attempt: number) => Result,
  options: HedgeOptions,
) => Result;

/** Where items come from. */
export type Items<T> =
  | Iterable<T>
  | AsyncIterable<T>
  | Channel<T>
  | Receiver<T>
  | Reader<T>
  | fibril.Items<T>;
/** Options of `map` that sends its results on. */
export interface MapIntoOptions<Result> extends MapOptions {
  /** A channel, or anything else with a method `send`. */
  readonly into: { send(value: Result): unknown };
}
/** Calls a function with each item, so many at once, and results in the results. */
export const map = fibril.map as unknown as {
  <T, Result>(
    items: Items<T>,
    work: (item: T, index: number) => Result,
    options: MapIntoOptions<Result>,
  ): void;
  <T, Result>(
    items: Items<T>,
    work: (item: T, index: number) => Result,
    options: MapOptions,
  ): Result[];
};
/** Calls a function with each item, so many at once. */
export const forEach = fibril.forEach as unknown as <T>(
  items: Items<T>,
  work: (item: T, index: number) => unknown,
  options: EachOptions,
) => void;
/** Calls a function with lists of items: as many as there are, or as came within a time. */
export const batches = fibril.batches as unknown as <T>(
  items: Items<T>,
  options: BatchesOptions,
  body: (batch: T[]) => unknown,
) => void;
/** Calls a function with each item, one after the other. */
export const each = fibril.each as unknown as <T>(
  source: Items<T>,
  body: (item: T) => unknown,
) => void;
