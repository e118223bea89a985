/** What a task is doing, as text for people. */
import { type FiberFields, K, type TaskFields } from "../kernel/registers.js";
import { DAEMON, FRESH, READY, TERMINATED } from "../kernel/state.js";
import { tipOf } from "../kernel/strand.js";
import { isTask } from "../kernel/task-end.js";
import { nameOf } from "../kernel/text.js";
import { waitOf } from "../kernel/wait-slot.js";

/** A text that follows a fiber's name, such as `waits for sleep(10 ms)`. */
export function activityOf(task: TaskFields): string {
  const wait = waitOf(task);
  if (wait !== null) return `waits for ${wait.what}`;
  const flags = task._flags;
  if ((flags & TERMINATED) !== 0) return "has ended";
  if ((flags & FRESH) !== 0) return "has not started";
  return task !== K.task && (flags & READY) !== 0 ? "is ready" : "is running";
}

/** Whether the task does not keep its scope open. */
export function isDaemon(task: TaskFields): boolean {
  return (task._flags & DAEMON) !== 0;
}

/**
 * The frames of a fiber's whole strand, innermost first: those of the coroutines that it has resumed, then its
 * own. At most `most` frames, followed by `…` if there are more.
 */
export function strandFrames(
  fiber: FiberFields,
  read: (fiber: FiberFields, start: number, count: number) => string[] | undefined,
  most: number,
): string[] {
  const frames: string[] = [];
  let at: FiberFields | null = isTask(fiber) ? tipOf(fiber) : fiber;
  for (; at !== null; at = at === fiber ? null : (at._prev ?? fiber)) {
    const of = at === fiber ? "" : `, of fiber "${nameOf(at)}"`;
    for (const frame of read(at, 0, most + 1) ?? []) frames.push(frame + of);
    if (frames.length > most) return [...frames.slice(0, most), "…"];
  }
  return frames;
}
