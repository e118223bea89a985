/** The host of `runSync`: nothing comes from outside, and no time passes. */
import type { Host } from "../core/index.js";

/** For programs that are driven to their end by a call: nothing comes from outside, and no time passes. */
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
