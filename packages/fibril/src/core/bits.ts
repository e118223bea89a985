/** A bit for each slot: 32 slots in a word. */
import { NONE } from "./slots.js";

export function setBit(words: Int32Array, slot: number): void {
  words[slot >> 5]! |= 1 << slot;
}

/** Clears the slot's bit; answers whether it was set. A task without a slot has none. */
export function takeBit(words: Int32Array, slot: number): boolean {
  if (slot === NONE) return false;
  const bits = words[slot >> 5] as number;
  const rest = bits & ~(1 << slot);
  words[slot >> 5] = rest;
  return rest !== bits;
}

/** The same bits for another number of slots. */
export function resizeBits(words: Int32Array, slots: number): Int32Array {
  const resized = new Int32Array(slots >> 5);
  resized.set(words.length > resized.length ? words.subarray(0, resized.length) : words);
  return resized;
}
