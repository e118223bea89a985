/** The numbers in `registers.depth` with a meaning of their own. The kernel has the same (core/kernel/direct.ts). */

/** How many calls may stand on the native stack. */
export const NATIVE_DEPTH = 200;
/** The call is one too many. */
export const TOO_DEEP: number = NATIVE_DEPTH + 1;
/** The function is entered again. */
export const REENTERS: number = NATIVE_DEPTH + 2;
