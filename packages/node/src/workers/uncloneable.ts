/** Which part of a value cannot be sent to another thread. */
import { types } from "node:util";
import type { TransferListItem } from "node:worker_threads";
import { shown } from "fibril/extend";

/** How deep it is looked. */
const DEPTH = 8;

/** `its .options.done is a function` */
export function culprit(value: unknown, list: readonly TransferListItem[] = []): string {
  const path: string[] = [];
  let at = value;
  while (path.length < DEPTH && typeof at === "object" && at !== null) {
    const found = entriesOf(at).find(([, part]) => !clones(part, list));
    if (found === undefined) break;
    path.push(found[0]);
    at = found[1];
  }
  const moved = list.some(isGone);
  if (moved) return "what is to be moved with it is not there any more";
  const what = types.isProxy(at) ? "a proxy" : kind(at);
  return path.length === 0 ? `it is ${what}` : `its ${path.join("")} is ${what}`;
}

/** Whether a value can be sent, as far as can be known without moving anything. */
export function clones(value: unknown, list: readonly TransferListItem[]): boolean {
  if (list.some(isGone)) return false;
  if (list.includes(value as TransferListItem)) return true;
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

/** Whether it was moved before. Node 20 posts such a buffer, and fails where it is to be read. */
export function isGone(item: unknown): boolean {
  if (!(item instanceof ArrayBuffer)) return false;
  try {
    return new Uint8Array(item).length < 0;
  } catch {
    return true;
  }
}

function kind(value: unknown): string {
  if (typeof value !== "object" || value === null) return shown(value);
  const name = (Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null)
    ?.constructor?.name;
  return typeof name === "string" && name !== "Object" ? `an object of ${name}` : shown(value);
}

function entriesOf(value: object): [step: string, part: unknown][] {
  try {
    if (value instanceof Map) {
      return Array.from(value as Map<unknown, unknown>).flatMap(([key, part]) => [
        [".keys()", key],
        [`.get(${shown(key)})`, part],
      ]);
    }
    if (value instanceof Set)
      return Array.from(value as Set<unknown>, (part) => [".values()", part]);
    const array = Array.isArray(value);
    return Object.entries(value).map(([key, part]) => [array ? `[${key}]` : `.${key}`, part]);
  } catch {
    return []; // a getter that throws, or a proxy that was revoked
  }
}

/** For a message of a channel. */
export function itemRefusal(
  name: string,
  {
    list,
    value,
  }: { readonly value: unknown; readonly list: readonly TransferListItem[] | undefined },
  cause: unknown,
): TypeError {
  const text = `a message for "${name}" cannot be sent to another thread: ${culprit(value, list)}`;
  return new TypeError(text, { cause });
}
