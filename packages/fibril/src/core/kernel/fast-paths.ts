/**
 * Whether the hand-copied fast paths are taken. In programs they always are. The tests run a second time
 * without them, with a loader that puts `false` here, because a fast path must behave exactly like the code
 * that it copies.
 *
 * Each fast path names the functions that it copies, on a line that begins with "Copies:".
 */
export const FAST_PATHS: boolean = true;
