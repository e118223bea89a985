/**
 * What a deadlock looks like: who waits for what, and first of all the circles, because those are
 * what has to be broken.
 */
import { DeadlockError } from "../kernel/errors.js";
import { RAISE } from "../kernel/frame.js";
import { CancelRequest, type TaskFields } from "../kernel/registers.js";
import { innermost, tipOf } from "../kernel/strand.js";
import { labelOf } from "../kernel/text.js";
import { waitOf } from "../kernel/wait-slot.js";
import { interrupt } from "../kernel/wait.js";
import { force } from "../scope/cancelling.js";
import type { ScopeCore } from "../scope/scope-core.js";

/** Lines of an error's text. More are counted, not written. */
const LINES = 20;
/** Different lines that are told apart. */
const GROUPS = 1000;
/** Circles that are looked for. */
const CIRCLES = 5;
/** Fibers of a circle that are written. */
const AROUND = 10;

/**
 * Each root fiber is told by an error in place of what it waits for, so that clean-up runs and the run's
 * promise says what happened. A tree that was told and came to a standstill again is unwound.
 */
export function endDeadlock(
  tasks: Iterable<TaskFields>,
  roots: readonly TaskFields[],
  told: WeakSet<TaskFields>,
): void {
  const error = deadlockOf(tasks);
  for (const task of roots) {
    if (told.has(task)) {
      force(task, new CancelRequest("failure", error, task, "every fiber"));
      continue;
    }
    told.add(task);
    const wait = waitOf(task);
    if (wait?.firm === true) (innermost(task, tipOf(task)) as ScopeCore).fail(error);
    else interrupt(task, RAISE, error);
  }
}

/** `tasks` are all that a scheduler has; each of them waits. */
function deadlockOf(tasks: Iterable<TaskFields>): DeadlockError {
  const circles = circlesIn(tasks).map((circle) => `in a circle: ${describe(circle)}`);
  return new DeadlockError([...circles, ...linesOf(tasks)]);
}

/** One line for all that wait alike. */
function linesOf(tasks: Iterable<TaskFields>): string[] {
  const counts = new Map<string, number>();
  let more = 0;
  for (const task of tasks) {
    if (waitOf(task) === null) continue;
    const line = lineOf(task);
    const count = counts.get(line);
    if (count === undefined && counts.size >= GROUPS) more++;
    else counts.set(line, (count ?? 0) + 1);
  }
  const lines: string[] = [];
  for (const [line, count] of counts) {
    if (lines.length >= LINES) more += count;
    else lines.push(count === 1 ? line : `${count} × ${line}`);
  }
  if (more > 0) lines.push(`and ${more} more`);
  return lines;
}

function lineOf(task: TaskFields): string {
  return `${labelOf(task)} waits for ${waitOf(task)?.what}`;
}

function describe(circle: readonly TaskFields[]): string {
  const lines = circle.slice(0, AROUND).map(lineOf);
  if (circle.length > AROUND) lines.push(`and so on, ${circle.length} fibers in all`);
  return lines.join(", ");
}

/** A fiber whose waits are being followed. */
interface Step {
  readonly task: TaskFields;
  readonly on: readonly TaskFields[];
  next: number;
}

/** Depth first, every fiber once; a list instead of recursion, because chains may be a million long. */
function circlesIn(tasks: Iterable<TaskFields>): TaskFields[][] {
  const circles: TaskFields[][] = [];
  const seen = new Set<TaskFields>();
  const place = new Map<TaskFields, number>();
  const path: Step[] = [];
  const enter = (task: TaskFields): void => {
    seen.add(task);
    place.set(task, path.length);
    path.push({ task, on: waitOf(task)?.on?.() ?? [], next: 0 });
  };
  for (const start of tasks) {
    if (seen.has(start)) continue;
    enter(start);
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const task = step.on[step.next++];
      if (task === undefined) {
        place.delete(step.task);
        path.pop();
      } else if (place.has(task)) {
        circles.push(path.slice(place.get(task)).map((link) => link.task));
        if (circles.length === CIRCLES) return circles;
      } else if (!seen.has(task)) enter(task);
    }
  }
  return circles;
}
