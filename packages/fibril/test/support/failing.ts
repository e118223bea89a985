/** Routines that fail. */
import { type Routine, sleep } from "fibril";

/** Throws the value after a number of milliseconds. */
export const fails = (error: unknown, after = 0) =>
  function* failing(): Routine<never> {
    yield* sleep(after);
    throw error;
  };

/** Waits, and answers being cancelled with an error of its own. */
export const failsUncancelled = (error: unknown) =>
  function* failing(): Routine<never> {
    try {
      yield* sleep(Infinity);
    } finally {
      // oxlint-disable-next-line no-unsafe-finally -- that is the case
      throw error;
    }
  };
