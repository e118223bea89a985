/**
 * The way of an error through routines and fibers, told in its stack. A fiber's stack ends at its
 * scheduler, and what a promise rejects with has none of the fiber's at all. So every routine in
 * which an error comes out of a wait or a call adds the lines that were waiting, and every fiber that
 * an error ends adds a line of its own:
 *
 *     Error: no such file
 *         at open (file:///app/files.js:12:9)
 *         in load (file:///app/load.js:3:10)
 *         in fiber "worker", spawned by fiber "pool"
 *         in fiber "pool", spawned by fiber "main"
 *         in fiber "main"
 *
 * It costs the making of two stacks' texts for each routine, one for a fiber, and a few microseconds:
 * as much as making the error itself, or a few times that. Nothing before an error happens.
 */
import { apart } from "./apart.js";
import { Cancelled } from "./errors.js";
import type { TaskFields } from "./kernel.js";
import { nameOf } from "./label.js";
import { siteOf } from "./site.js";
import { callersOf, withoutLibrary } from "./trace.js";

/** An error that went through more fibers says so in one line more. */
const HOPS = 16;
/** An error that went through more routines says no more of them. */
const ROUTINES = 16;

/** How many lines an error has been given. */
interface Way {
  fibers: number;
  routines: number;
  /** Whether its stack is free of the library's own lines. */
  clean: boolean;
}

const ways = new WeakMap<object, Way>();

/** A fiber was ended by the error. */
export function addHop(error: unknown, task: TaskFields): void {
  const way = wayOf(error);
  if (way === undefined || way.fibers > HOPS) return;
  try {
    const line = `\n    in ${way.fibers === HOPS ? "further fibers" : hopOf(task)}`;
    apart(() => write(error as Error, way, line));
    way.fibers++;
  } catch {
    // Its stack is not to be read or written: it stays as it is.
  }
}

/** The error comes out of an op, which the running routine is told by the function `taker`. */
export function addRoutines(error: unknown, taker: Function): void {
  const way = wayOf(error);
  if (way === undefined || way.routines >= ROUTINES) return;
  try {
    const lines = callersOf(taker).slice(0, ROUTINES - way.routines);
    const text = lines.map((line) => `\n    in ${line}`).join("");
    // It may come out of the same place again and again: a promise that many fibers wait for.
    apart(() => {
      if (!((error as Error).stack as string).includes(text)) write(error as Error, way, text);
    });
    way.routines += Math.max(1, lines.length);
  } catch {
    // As above, or the program's own formatting of stacks threw.
  }
}

/** An error of the library that no fiber has thrown: its stack would show the scheduler. */
export function withoutStack<E extends Error>(error: E): E {
  try {
    apart(() => {
      if (typeof error.stack === "string") error.stack = withoutLibrary(error.stack, error.message);
    });
  } catch {
    // It may be locked down.
  }
  return error;
}

/** Undefined for what has no way to tell: no error, a request to end, or one that is not to be written. */
function wayOf(error: unknown): Way | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const known = ways.get(error);
  if (known !== undefined) return known;
  try {
    // Frozen: V8 of late writes a stack all the same.
    const writable = (): boolean =>
      error instanceof Error && !Cancelled.is(error) && !Object.isFrozen(error);
    if (!apart(writable)) return undefined;
  } catch {
    return undefined; // a proxy that was revoked, or that throws
  }
  const made: Way = { fibers: 0, routines: 0, clean: false };
  ways.set(error, made);
  return made;
}

function write(error: Error, way: Way, text: string): void {
  const { message, stack } = error;
  if (typeof stack !== "string") return;
  // A report of a fault in the library is of no use without the library's lines.
  const keeps = way.clean || error.name === "InternalError";
  way.clean = true;
  const own = keeps ? stack : withoutLibrary(stack, typeof message === "string" ? message : "");
  error.stack = own + text;
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
