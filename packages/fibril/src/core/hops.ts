/**
 * The way of an error through fibers, told in its stack. A fiber's stack ends at its scheduler; who
 * spawned it is not on it. So every fiber that an error ends adds a line:
 *
 *     Error: no such file
 *         at open (file:///app/files.js:12:9)
 *         in fiber "worker", spawned by fiber "pool"
 *         in fiber "pool", spawned by fiber "main"
 *         in fiber "main"
 *
 * It costs the making of the stack's text, as much as the error itself.
 */
import type { TaskFields } from "./kernel.js";
import { nameOf } from "./label.js";
import { siteOf } from "./site.js";

/** An error that went through more fibers says so in one line more. */
const HOPS = 16;

/** How many lines an error has been given. */
const hops = new WeakMap<Error, number>();

export function addHop(error: unknown, task: TaskFields): void {
  // Frozen: V8 of late writes a stack all the same.
  if (!(error instanceof Error) || Object.isFrozen(error)) return;
  const count = hops.get(error) ?? 0;
  if (count > HOPS) return;
  try {
    if (typeof error.stack !== "string") return;
    error.stack += `\n    in ${count === HOPS ? "further fibers" : hopOf(task)}`;
    hops.set(error, count + 1);
  } catch {
    // Frozen, or its stack is not to be written: it stays as it is.
  }
}

/** `fiber "worker", spawned by fiber "pool"`, and where, if that was recorded: see site.ts. */
export function hopOf(task: TaskFields): string {
  const parent = task._scope.homeOf(task).task;
  const place = siteOf(task)?.place;
  const at = place === undefined ? "" : ` at ${place}`;
  const name = `fiber "${nameOf(task)}"`;
  if (parent !== null) return `${name}, spawned by fiber "${nameOf(parent)}"${at}`;
  return place === undefined ? name : `${name}, started${at}`;
}
