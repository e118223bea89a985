/**
 * What a scheduler needs of the world around it, and no more: Ruby's `Fiber::Scheduler` turned the
 * other way round. Ruby asks an object for every operation that may block; here every operation that
 * may block is built on `suspend`, so what is left is a clock, one timer, and a way to come back.
 *
 * Implemented for Node and its kin, for browsers, for no host at all (`runSync`), and for virtual
 * time (`fibril/testing`).
 */
export interface Host {
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  /** Calls back once, after at least `ms` milliseconds. The scheduler has at most one such timer. */
  setTimer(callback: () => void, ms: number): unknown;
  clearTimer(timer: unknown): void;
  /** Calls back soon, after the host had its turn: timers, I/O, rendering. */
  post(callback: () => void): void;
  /** Everything waits. `idle` stays valid until the next turn. */
  onIdle?(idle: Idle): void;
  /**
   * Remembers the host's ambient context (`AsyncLocalStorage` on Node). Asked for only by runs that
   * want it, once for each of their fibers.
   */
  context?(): Context;
  /** The same at the granularity of a run: fibers see what their `run` was called with. */
  readonly ambients?: Ambients;
  /**
   * Everything waits, for no time, and something outside may still act: an AbortSignal, a signal to
   * the program. Keeps the process alive until what it returns is called.
   */
  keepAlive?(): () => void;
  /** Nothing outside can wake a fiber here: waits for time or promises are refused. */
  readonly offline?: boolean;
  /** Tells the people at this host of an error that no fiber can be told of. */
  report(error: unknown): void;
}

/** Calls a function in a context that was remembered; what that changes in it is kept for the next. */
export type Context = (enter: () => void) => void;

/** A context that was remembered. */
export interface Ambient {
  /** What it holds, if that can be known. */
  readonly values: unknown;
}

/** Contexts that are changed only between fibers of different runs. One in which nothing is set is null. */
export interface Ambients {
  /** The present one; `like` itself when it is the same. */
  present(like: Ambient | null): Ambient | null;
  /** Calls a function in it. What the function changes in it is not kept. */
  enter(ambient: Ambient | null, call: () => void): void;
}

/** A scheduler in which every fiber waits. */
export interface Idle {
  /** Milliseconds to the earliest deadline; Infinity when there is none. */
  readonly untilDeadline: number;
  /** How many fibers there are. */
  readonly live: number;
  /** How many fibers wait for a promise of the host's (`until`). */
  readonly outside: number;
  /** How many runs may be ended from outside: by a signal that has not fired. */
  readonly actors: number;
  /**
   * Whether a fiber waits for a callback (`suspend`), which something outside may hold. Looks at all
   * fibers.
   */
  readonly called: boolean;
  /**
   * Nothing will ever wake them: tells each run so, with the list of who waits for what. Does nothing
   * as long as there are actors.
   */
  deadlock(): void;
}
