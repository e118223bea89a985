/** Structure: scopes, limits, clean-up, and what belongs to a fiber and those below it. */
import * as fibril from "../index.js";
import type {
  Decision,
  Deadline,
  End,
  ResourceOptions,
  RunOptions,
  ScopeEnding,
  SuperviseOptions,
} from "../index.js";
import type { Spawn, Task } from "./run.js";
import type { Direct, DirectBut, Made } from "./types.js";

/** A function in direct style that is given something. */
type Block<Given, Result> = (given: Given) => Result;

interface Starting {
  /** Starts a function as a child fiber of this scope. A plain call. */
  readonly spawn: Spawn;
  /** Starts a child fiber that is cancelled when all others of this scope have ended. A plain call. */
  readonly daemon: Spawn;
  /** Starts a child, and waits until it calls `started(value)`; results in the value. Throws what the child throws. */
  start<Args extends readonly unknown[]>(work: (...args: Args) => unknown, ...args: Args): any;
  start<Args extends readonly unknown[]>(
    name: string,
    work: (...args: Args) => unknown,
    ...args: Args
  ): any;
}
/** A place for fibers that ends when all of them have ended. */
export interface Scope extends DirectBut<fibril.Scope, keyof Starting>, Starting {}
export const Scope = fibril.Scope as unknown as Made<Scope>;
/** A scope that plain code opens and closes. */
export interface CreatedScope extends DirectBut<fibril.CreatedScope, keyof Starting>, Starting {}
/** A scope for plain code, such as a class with its own life: `close()` gives a promise of its end. */
export const createScope = fibril.createScope as unknown as (options?: RunOptions) => CreatedScope;
/** Tells the `start` of a scope that this child has started. A plain call. */
export const started: (value?: unknown) => void = fibril.started;

/** Runs a block, and ends when the block and all fibers that were spawned in it have ended. */
export const scope = fibril.scope as unknown as <Result>(
  block: Block<Scope, Result>,
) => Result | undefined;
/** Runs a block as `scope` does, except that a child's failure does not cancel its siblings. */
export const supervised = fibril.supervised as unknown as typeof scope;
/** Runs a block that no request to end reaches from outside. */
export const shield = fibril.shield as unknown as <Result>(block: Block<Scope, Result>) => Result;

/** Runs a block for at most `ms` milliseconds, and throws TimeoutError after that. */
export const failAfter = fibril.failAfter as unknown as <Result>(
  ms: number,
  block: Block<Deadline, Result>,
) => Result;
/** Runs a block up to a time on the host's clock, in milliseconds, and throws TimeoutError then. */
export const failAt = fibril.failAt as unknown as typeof failAfter;
/** Runs a block for at most `ms` milliseconds, and results in `fallback` after that. */
export const moveOnAfter = fibril.moveOnAfter as unknown as <Result, Fallback = undefined>(
  ms: number,
  block: Block<Deadline, Result>,
  fallback?: Fallback,
) => Result | Fallback;
/** Runs a block up to a time on the host's clock, in milliseconds, and results in `fallback` then. */
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

/** A value that a fiber and those below it see. */
export interface Context<T> extends DirectBut<fibril.Context<T>, "with"> {
  /** Calls a function, for which and for whose children the value is another. */
  with<Args extends readonly unknown[], Result>(
    value: T,
    work: (...args: Args) => Result,
    ...args: Args
  ): Result;
}
/** Makes a context with the value that it has where nobody has given another. A plain call. */
export const createContext = fibril.createContext as unknown as <T>(
  standard: T,
  name?: string,
) => Context<T>;

/** What a supervisor starts: a function, or a list of a name, a function and its arguments. */
type Child =
  | (() => unknown)
  | readonly [name: string, work: (...args: any) => unknown, ...args: any[]];
/** Runs functions as children that are started again when they fail. Waits for all; throws when restarts are too many. */
export const supervise = fibril.supervise as unknown as (
  children: readonly Child[],
  options?: SuperviseOptions,
) => void;

/** A child of a supervisor. */
export interface ChildInfo extends Omit<fibril.ChildInfo, "fiber"> {
  /** The fiber that runs it now. */
  readonly fiber: Task<unknown>;
}
/** Options of `supervisor`. */
export interface SupervisorOptions extends Omit<fibril.SupervisorOptions, "decide"> {
  /** What follows a child's end. A plain function. */
  readonly decide?: ((end: End, child: ChildInfo) => Decision) | undefined;
}
/** Children that are started and stopped while the supervisor runs. */
export interface Supervisor extends Omit<Direct<fibril.Supervisor>, "children" | "get" | "start"> {
  /** All children, in the order in which they were started. */
  children(): ChildInfo[];
  /** The child of a name. */
  get(name: string): ChildInfo | undefined;
  /** Starts a function as a child. A plain call. Throws TypeError if there is a child of that name. */
  start<Args extends readonly unknown[], Result>(
    name: string,
    work: (...args: Args) => Result,
    ...args: Args
  ): Task<Result>;
}
export const Supervisor = fibril.Supervisor as unknown as Made<Supervisor>;
/** Runs a block that starts and stops supervised children. */
export const supervisor = fibril.supervisor as unknown as <Result>(
  options: SupervisorOptions,
  block: Block<Supervisor, Result>,
) => Result;
