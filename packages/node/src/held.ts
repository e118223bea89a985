/** Waits for something that has to be given back, such as an open socket. */
import type { Op, Routine } from "fibril";

/**
 * Waits by `wait`, which passes what has come to `comes` as it wakes the fiber. What has come is given back unless the
 * routine that waits here goes on with it.
 *
 * A fiber gets what it was woken with at its next turn. If it is killed before, or its grace ends, it never learns of it.
 * A shield does not change that, and a `resource` only postpones a kill: where the grace has ended, there is no later turn.
 * What comes after the wait was called off, because what had begun could not be taken back, is given back at once.
 */
export function* held<T>(
  wait: (comes: (value: T) => void) => Op<T>,
  giveBack: (value: T) => void,
): Routine<T> {
  let come: { readonly value: T } | null = null;
  let left = false;
  try {
    const value = yield* wait((value) => {
      if (left) giveBack(value);
      else come = { value };
    });
    come = null;
    return value;
  } finally {
    left = true;
    const mine = come as { readonly value: T } | null;
    if (mine !== null) giveBack(mine.value);
  }
}
