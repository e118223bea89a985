/**
 * Whether the hand-copied fast paths are taken. They always are; the tests run a second time without them,
 * with a loader that puts a `false` here, because a fast path and what it copies must not differ in anything.
 *
 * Each fast path names what it copies, on a line that begins with "Copies:".
 */
export const FAST_PATHS: boolean = true;
