import type { Waitable } from "../core/index.js";

/** What may wait, where there is nothing to wait for: `yield*` goes on at once. */
export const NOTHING: Waitable<undefined, never, any> = {
  [Symbol.iterator]: () => ({ next: () => ({ done: true, value: undefined }) }),
};
