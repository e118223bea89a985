/** Fiber storage, as in Ruby. A new fiber shares its creator's pairs; the first of the two to write copies them. */
import type { FiberFields, Storage, StorageKey } from "./registers.js";

/** The storage that a new fiber shares with its creator. From then on, neither owns it. */
export function inherit(from: FiberFields): Storage | null {
  const storage = from._storage;
  if (storage !== null && storage.owner !== null) storage.owner = null;
  return storage;
}

export function read(fiber: FiberFields, key: StorageKey): unknown {
  checkKey(key);
  return fiber._storage?.map.get(key);
}

/** `undefined` deletes the key, as nil does in Ruby. */
export function write(fiber: FiberFields, key: StorageKey, value: unknown): void {
  checkKey(key);
  let storage = fiber._storage;
  if (storage === null || storage.owner !== fiber) {
    storage = { owner: fiber, map: new Map(storage?.map) };
    fiber._storage = storage;
  }
  if (value === undefined) storage.map.delete(key);
  else storage.map.set(key, value);
}

/** A storage with the pairs of a plain object. The object itself is not kept. */
export function fromObject(owner: FiberFields, value: unknown): Storage | null {
  if (value === null || value === undefined) return null;
  if (!isPlain(value)) throw new TypeError("storage must be a hash");
  if (Object.isFrozen(value)) throw new TypeError("storage must not be frozen");
  const map = new Map<StorageKey, unknown>();
  for (const key of Reflect.ownKeys(value)) {
    const item = (value as Record<StorageKey, unknown>)[key];
    if (item !== undefined) map.set(key, item);
  }
  return { owner, map };
}

export function toObject(storage: Storage | null): Record<StorageKey, unknown> {
  return storage === null ? {} : (Object.fromEntries(storage.map) as Record<StorageKey, unknown>);
}

/** Whether a value is an object literal of any realm, or an object without a prototype. A Map or a Date is not. */
function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function checkKey(key: unknown): void {
  if (typeof key !== "string" && typeof key !== "symbol") {
    const type = key === null ? "null" : typeof key;
    throw new TypeError(`wrong argument type ${type} (expected a string or symbol)`);
  }
}
