/** What is moved to another thread instead of copied. */
import type { TransferListItem } from "node:worker_threads";
import { having, checkValue } from "fibril/extend";

const LIST = having("a list of what is to be moved", "forEach", "slice");

const lists = new WeakMap<object, readonly TransferListItem[]>();

/**
 * Marks a value: when it is sent to another thread, as an argument, as a result or as the message of a channel, what is in
 * the list is moved and not copied (an ArrayBuffer, a MessagePort, a stream). This thread then has it no more.
 *
 * A plain call, which returns the value. A SharedArrayBuffer is shared without any mark. Throws TypeError for a value that
 * is no object, or a list that is none.
 *
 * ```ts
 * import { transfer } from "@fibril/node";
 *
 * const pixels = new Uint8Array(1_000_000);
 * const argument = transfer(pixels, [pixels.buffer]); // workers.run(job, "blur", argument)
 * argument.length; // 1_000_000
 * ```
 */
export function transfer<T extends object>(value: T, list: readonly TransferListItem[]): T {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(
      "transfer takes an object, which is sent, and a list of what is moved with it",
    );
  }
  checkValue("transfer", list, LIST);
  lists.set(value, list);
  return value;
}

/** What is to be moved with a value. */
export function listOf(value: unknown): readonly TransferListItem[] | undefined {
  return typeof value === "object" && value !== null ? lists.get(value) : undefined;
}
