/** What a scheduled fiber is doing, for people. */
import type { TaskFields } from "./kernel.js";
import { K } from "./kernel.js";
import { FRESH, READY, TERMINATED } from "./state.js";
import { waitOf } from "./strand.js";

/** Follows a fiber's name: `waits for sleep(10 ms)`. */
export function doingOf(task: TaskFields): string {
  const wait = waitOf(task);
  if (wait !== null) return `waits for ${wait.what}`;
  const flags = task._flags;
  if ((flags & TERMINATED) !== 0) return "has ended";
  if ((flags & FRESH) !== 0) return "has not started";
  return task !== K.task && (flags & READY) !== 0 ? "is ready" : "is running";
}
