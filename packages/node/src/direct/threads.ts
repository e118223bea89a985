/** Threads and processes that run parts of the program. */
import type { Routine } from "fibril";
import type { Context, DirectBut, Items } from "fibril/direct";
import * as node from "../index.js";
import type { ClusterOptions, ModuleAt, ParallelOptions, WorkersOptions } from "../index.js";

/** The names of the functions that a module exports. */
type NameIn<Exports> = {
  [Name in keyof Exports]: Exports[Name] extends (...args: any) => unknown ? Name : never;
}[keyof Exports] &
  string;
type ArgsOf<Work> = Work extends (...args: infer Args) => unknown ? Args : never;
/** What a function in direct style or a routine results in. */
type ResultOf<Work> = Work extends (...args: any) => infer Made
  ? Made extends Routine<infer Result>
    ? Result
    : Made
  : never;
type AnyModule = Parameters<node.Workers["run"]>[0];

/** Threads that run functions of modules. */
export interface Workers extends DirectBut<node.Workers, "run"> {
  /** Runs a function of a module in a thread, and results in what it results in. */
  run<Exports, Name extends NameIn<Exports>>(
    module: ModuleAt<Exports>,
    name: Name,
    ...args: ArgsOf<Exports[Name]>
  ): ResultOf<Exports[Name]>;
  run(module: AnyModule, name: string, ...args: unknown[]): unknown;
}
/** Opens threads, which end when the scope around ends. */
export const openWorkers = node.openWorkers as unknown as (options?: WorkersOptions) => Workers;

/** The names of the functions that take one item. */
type NameFor<Exports, Item> = {
  [Name in NameIn<Exports>]: [Item] extends ArgsOf<Exports[Name]> ? Name : never;
}[NameIn<Exports>];
/** Options of `parallel` that sends its results on. */
export interface ParallelIntoOptions<Result> extends ParallelOptions {
  /** A channel, or anything else with a method `send`. */
  readonly into: { send(value: Result): unknown };
}
/** Runs a function of a module for each item, in the threads, and results in the results. */
export const parallel = node.parallel as unknown as {
  <Exports, Item, Name extends NameFor<Exports, Item>>(
    workers: Workers,
    items: Items<Item>,
    module: ModuleAt<Exports>,
    name: Name,
    options: ParallelIntoOptions<ResultOf<Exports[Name]>>,
  ): void;
  <Exports, Item, Name extends NameFor<Exports, Item>>(
    workers: Workers,
    items: Items<Item>,
    module: ModuleAt<Exports>,
    name: Name,
    options?: ParallelOptions,
  ): ResultOf<Exports[Name]>[];
  (
    workers: Workers,
    items: Items<unknown>,
    module: AnyModule,
    name: string,
    options?: ParallelOptions,
  ): unknown[];
};
/** A context whose value goes to threads as well. A plain call. */
export const sharedContext = node.sharedContext as unknown as <T>(
  name: string,
  standard: T,
) => Context<T>;

/** Processes that serve one port. */
export type Cluster = DirectBut<node.Cluster, never>;
/** Opens processes that each run a function of a module, and end when the scope around ends. */
export const openCluster = node.openCluster as unknown as {
  <Exports, Name extends NameIn<Exports>>(
    options: ClusterOptions,
    module: ModuleAt<Exports>,
    name: Name,
    ...args: ArgsOf<Exports[Name]>
  ): Cluster;
  (options: ClusterOptions, module: AnyModule, name: string, ...args: unknown[]): Cluster;
};
