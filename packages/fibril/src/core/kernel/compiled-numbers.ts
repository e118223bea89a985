import type { APART, NATIVE_DEPTH } from "./direct-word.js";
import type { FIRST_CALL } from "./late-frame.js";
import type { SUSPENDS } from "./registers.js";

/**
 * Numbers of the kernel that compiled code has as literals. Compiling does not load Fibril, so the compiler has them again;
 * their types here make its build fail if they differ.
 */
export interface CompiledNumbers {
  /** What code gets in place of a `How` when it is called on the native stack, or more: see late-frame.ts. */
  readonly firstCall: typeof FIRST_CALL;
  /** How many calls in direct style may stand on the native stack. */
  readonly nativeDepth: typeof NATIVE_DEPTH;
  /** How far apart the numbers of two functions are that other code has called. */
  readonly apart: typeof APART;
  /** The bit of `registers.phase` that is set while functions leave, because an op has started. */
  readonly suspends: typeof SUSPENDS;
}
