/**
 * The numbers of the kernel that stand in compiled code. Only their types come from the kernel, because a program may be
 * compiled where Fibril cannot be loaded, or beside another copy of it.
 */
import type { CompiledNumbers } from "fibril/frames";

/** What code gets in place of a `How` if it is called on the native stack, or more. */
export const FIRST_CALL: CompiledNumbers["firstCall"] = 8;

/** How many calls may stand on the native stack. */
export const NATIVE_DEPTH: CompiledNumbers["nativeDepth"] = 200;
/** The call is one too many. */
export const TOO_DEEP: number = NATIVE_DEPTH + 1;
/** The function is entered again. */
export const REENTERS: number = NATIVE_DEPTH + 2;

/** The bit of `registers.phase` that is set while functions leave, because an op has started. */
export const SUSPENDS: CompiledNumbers["suspends"] = 16;

/** How far apart the numbers of two functions are that other code has called. */
const APART: CompiledNumbers["apart"] = 1000;

/** The number of a function that other code has called. The kernel finds the name again for the message of an error. */
export function numberOf(name: string): number {
  let hash = 0;
  for (let n = 0; n < name.length; n++) hash = (hash * 31 + name.charCodeAt(n)) % 2 ** 12;
  return -APART * (hash + 1);
}
