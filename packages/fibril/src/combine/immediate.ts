/** What may wait, where there is nothing to wait for: `yield*` goes on at once. */
import type { Waitable } from "../core/index.js";

/** Results in a value. */
export function immediate<T>(value: T): Waitable<T, never, any> {
  return { [Symbol.iterator]: () => ({ next: () => ({ done: true, value }) }) };
}

/** Results in nothing. */
export const NOTHING: Waitable<undefined, never, any> = immediate(undefined);
