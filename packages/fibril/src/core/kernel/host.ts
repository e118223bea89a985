/**
 * What a scheduler needs of its surroundings. It is the reverse of Ruby's `Fiber::Scheduler`: Ruby asks an
 * object for every operation that may block, whereas here every operation that may block is built on
 * `suspend`. What remains is a clock, one timer, a way to be called back, and a place to report errors.
 *
 * It is implemented for Node, Deno and Bun, for browsers, for no host at all (`runSync`), and for virtual
 * time (`fibril/testing`).
 */
export interface Host {
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  /** Calls back once, after at least `ms` milliseconds. The scheduler has at most one such timer. */
  setTimer(callback: () => void, ms: number): unknown;
  /** Takes back a timer that `setTimer` returned. */
  clearTimer(timer: unknown): void;
  /** What sets its timers. When a test replaces that, a timer that was set before is set again. */
  readonly timers?: unknown;
  /** Calls back soon, after the host has done its own work: timers, I/O, rendering. */
  post(callback: () => void): void;
  /** Called when every fiber waits. `idle` stays valid until the next turn. A host without it reports no deadlock. */
  onIdle?(idle: Idle): void;
  /**
   * Remembers the host's context (`AsyncLocalStorage` on Node). Called only for runs with
   * `asyncContext: true`, once for each of their fibers.
   */
  context?(): Context;
  /** Contexts at the granularity of a run: fibers see the context in which their `run` was called. */
  readonly ambients?: Ambients;
  /**
   * Keeps the process alive until the returned function is called. Called when every fiber waits and no
   * deadline is set, but something outside may still act: an AbortSignal, or a signal to the program.
   */
  keepAlive?(): () => void;
  /** Nothing outside can wake a fiber here, so waits for time or for promises are refused. */
  readonly offline?: boolean;
  /** Reports an error that no fiber can receive to the people who watch this host. */
  report(error: unknown): void;
}

/** Calls a function in a context that was remembered. Changes that the function makes are there at the next call. */
export type Context = (enter: () => void) => void;

/** A context that was remembered. */
export interface Ambient {
  /** The values in it, if they can be known. */
  readonly values: unknown;
}

/** Contexts that are switched only between fibers of different runs. A context in which nothing is set is null. */
export interface Ambients {
  /** The present context, or `like` itself if that is the same context. */
  present(like: Ambient | null): Ambient | null;
  /** Calls a function in a context. Changes that the function makes are not kept. */
  enter(ambient: Ambient | null, call: () => void): void;
}

/** A scheduler in which every fiber waits. */
export interface Idle {
  /** Milliseconds until the earliest deadline; Infinity if there is none. */
  readonly untilDeadline: number;
  /** How many fibers have not ended. */
  readonly live: number;
  /** How many fibers wait for a promise (`until`). */
  readonly outside: number;
  /** How many runs may still be ended from outside, by a signal that has not fired. */
  readonly actors: number;
  /**
   * Whether a fiber waits for a callback (`suspend`), because something outside may hold that callback.
   * Looks at all fibers.
   */
  readonly called: boolean;
  /**
   * Says that nothing will ever wake the fibers: each run fails with a DeadlockError, which lists what each
   * fiber waits for. Does nothing while `actors` is above 0.
   */
  deadlock(): void;
}
