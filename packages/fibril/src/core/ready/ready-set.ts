/**
 * The ready set: which task runs next.
 *
 * The load. A scheduler asks `next()` and says `add()` once for each switch, with one task or with a
 * million, in whatever order their wake-ups come. A switch costs about fifty nanoseconds; a cache
 * miss costs about a hundred. So with many tasks nothing that the scheduler does itself matters as
 * much as the order in which it makes the processor walk over memory.
 *
 * Rounds. Whatever is ready when a round begins runs exactly once in it, and what becomes ready
 * meanwhile runs in the next one. Within a round a policy is free to choose; that freedom is what the
 * default (locality.ts) lives on, and because of the rounds no choice can starve anybody.
 *
 * A task that was spawned and has not started is another matter: nobody waits for a turn that it had
 * before. A policy may start new ones in the round in which they were spawned, or rounds later, in an
 * order of its own, within bounds. The default starts them depth-first, because a tree of tasks then
 * has only a few alive at once; in rounds it would be walked level by level, and all of a level would
 * be alive.
 *
 * What a policy must do is in this interface, and tested by one suite for all of them:
 * locality.ts, the default; fifo.ts, strict order; seeded.ts, a random order that can be repeated.
 */
/** What a ready set needs of a task. */
export interface Slotted {
  /**
   * The ready set's own: which place the task has, -1 while it has none.
   * @internal
   */
  _slot: number;
}

/**
 * A set of tasks, some of them ready. A task is spawned once, then ready or not, then ended once.
 * All calls take constant time, some of them only on average.
 */
export interface ReadySet<T extends Slotted = Slotted> {
  /** A new one, ready for its first run. */
  spawned(task: T): void;
  /** One that was not ready becomes ready. */
  add(task: T): void;
  /** It was ready and shall not run: it was killed or cancelled before its turn. */
  remove(task: T): void;
  /** One that is not ready has ended, and is forgotten. */
  ended(task: T): void;
  /**
   * Makes whatever is ready now the round; answers how many that are, 0 only if nobody is ready. New
   * ones that the policy keeps for later do not count.
   */
  beginRound(): number;
  /** The next of this round, which is no longer ready then; null at the round's end. */
  next(): T | null;
  /** How many are ready, in this round and after it. */
  readonly size: number;
  /** How many were spawned and have not ended. */
  readonly live: number;
  /** All that have not ended, in the order in which they were spawned. */
  [Symbol.iterator](): Iterator<T>;
}
