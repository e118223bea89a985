/** The host of `runSync`. */
import type { Host } from "../core/index.js";

/** A host on which nothing comes from outside and no time passes: the call of `runSync` drives the fibers. */
export const OFFLINE: Host = {
  offline: true,
  now: () => 0,
  setTimer: () => undefined,
  clearTimer: () => {},
  post: () => {},
  report(error) {
    throw error;
  },
};
