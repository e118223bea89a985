/**
 * Describes a deadlock: which fiber waits for what. The cycles come first, because those have to be broken.
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

/** The most lines in an error's text. Further ones are counted, not written. */
const LINES = 20;
/** The most different lines that are told apart. */
const GROUPS = 1000;
/** The most cycles that are looked for. */
const CYCLES = 5;
/** The most fibers of a cycle that are written. */
const AROUND = 10;

/**
 * Each root task gets the DeadlockError in place of what it waits for, so that clean-up runs and the run's
 * promise says what happened. A tree of fibers that got the error before, and is in a deadlock again, is
 * unwound.
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

/** `tasks` are all tasks of a scheduler; each of them waits. */
function deadlockOf(tasks: Iterable<TaskFields>): DeadlockError {
  const cycles = cyclesIn(tasks).map((cycle) => `in a cycle: ${describe(cycle)}`);
  return new DeadlockError([...cycles, ...linesOf(tasks)]);
}

/** One line for all tasks with the same name and the same wait. */
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

function describe(cycle: readonly TaskFields[]): string {
  const lines = cycle.slice(0, AROUND).map(lineOf);
  if (cycle.length > AROUND) lines.push(`and so on, ${cycle.length} fibers in all`);
  return lines.join(", ");
}

/** A task on the path of waits that is being followed. */
interface Step {
  readonly task: TaskFields;
  readonly on: readonly TaskFields[];
  next: number;
}

/** Depth first, every task once. A list instead of recursion, because chains may be a million long. */
function cyclesIn(tasks: Iterable<TaskFields>): TaskFields[][] {
  const cycles: TaskFields[][] = [];
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
        cycles.push(path.slice(place.get(task)).map((link) => link.task));
        if (cycles.length === CYCLES) return cycles;
      } else if (!seen.has(task)) enter(task);
    }
  }
  return cycles;
}
