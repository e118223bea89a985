/**
 * The ready set: the tasks that are ready, and the choice of the one that runs next.
 *
 * The load. A scheduler calls `next()` and `add()` once for each switch, with one task or with a million, in
 * whatever order the tasks are woken. A switch takes about fifty nanoseconds, a cache miss about a hundred.
 * So with many tasks, no work of the scheduler matters as much as the order in which it makes the processor
 * walk through memory.
 *
 * Rounds. Every task that is ready when a round begins runs exactly once in it, and a task that becomes
 * ready meanwhile runs in the next round. Within a round, a policy may choose any order. The default policy
 * (locality.ts) makes use of that freedom, and because of the rounds no choice can starve a task.
 *
 * Tasks that were spawned and have not started are different, because they have had no turn before. A policy
 * may start them in the round in which they were spawned or in later rounds, in an order of its own, within
 * bounds. The default starts them depth-first, because then only a few tasks of a tree are alive at once. In
 * rounds, a tree would be walked level by level, and all tasks of a level would be alive.
 *
 * The interface below says what a policy must do, and one suite tests it for all policies: locality.ts, the
 * default; fifo.ts, strict order; seeded.ts, a random order that can be repeated.
 */
/** The field that a ready set needs in a task. */
export interface Slotted {
  /**
   * Its slot, or -1 while it has none. Only the ready set writes it.
   * @internal
   */
  _slot: number;
  /**
   * This field and the next are read ahead, so that a task is in the caches when its turn comes. In V8, they lie
   * in the second and in the third cache line of a task that holds the frame of its routine. Only such a task
   * has the second field.
   * @internal
   */
  readonly _frame?: unknown;
  /** @internal */
  readonly a?: unknown;
}

/**
 * A set of tasks, some of them ready. A task is spawned once, then ready or not, then ended once.
 * All calls take constant time, some of them on average.
 */
export interface ReadySet<T extends Slotted = Slotted> {
  /** A new task is ready for its first turn. */
  spawned(task: T): void;
  /** A task that was not ready becomes ready. */
  add(task: T): void;
  /** A ready task will not run, because it was killed or cancelled before its turn. */
  remove(task: T): void;
  /** A task that is not ready has ended. The set forgets it. */
  ended(task: T): void;
  /**
   * Begins a round of all tasks that are ready now. Returns how many they are, without the new tasks that
   * the policy keeps for later. Returns 0 only if no task is ready.
   */
  beginRound(): number;
  /** Takes the next task of this round, which then is no longer ready; null at the end of the round. */
  next(): T | null;
  /** How many tasks are ready, in this round and after it. */
  readonly size: number;
  /** How many tasks were spawned and have not ended. */
  readonly live: number;
  /** All tasks that have not ended, in the order in which they were spawned. */
  [Symbol.iterator](): Iterator<T>;
}
