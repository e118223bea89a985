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
import { FULL_TEXTS } from "./full-texts.js";
import { K, type TaskFields, withRegistersSaved } from "./registers.js";
import { limitStack } from "./stack-limit.js";
import { nameOf } from "./text.js";

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
export function addFiberLine(error: unknown, task: TaskFields): void {
  if (!FULL_TEXTS) return;
  const way = wayOf(error);
  if (way === undefined || way.fibers > HOPS) return;
  try {
    const line = `\n    in ${way.fibers === HOPS ? "further fibers" : spawnLineOf(task)}`;
    withRegistersSaved(() => write(error as Error, way, line));
    way.fibers++;
  } catch {
    // Its stack is not to be read or written: it stays as it is.
  }
}

/** The error comes out of an op, which the running routine is told by the function `taker`. */
export function addRoutineLines(error: unknown, taker: Function): void {
  if (!FULL_TEXTS) return;
  const way = wayOf(error);
  if (way === undefined || way.routines >= ROUTINES) return;
  try {
    const lines = callersOf(taker).slice(0, ROUTINES - way.routines);
    const text = lines.map((line) => `\n    in ${line}`).join("");
    // It may come out of the same place again and again: a promise that many fibers wait for.
    withRegistersSaved(() => {
      if (!((error as Error).stack as string).includes(text)) write(error as Error, way, text);
    });
    way.routines += Math.max(1, lines.length);
  } catch {
    // As above, or the program's own formatting of stacks threw.
  }
}

/** An error of the library that no fiber has thrown: its stack would show the scheduler. */
export function withoutStack<E extends Error>(error: E): E {
  if (!FULL_TEXTS) return error;
  try {
    withRegistersSaved(() => {
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
      error instanceof Error && K.tasks?.isCancelled(error) !== true && !Object.isFrozen(error);
    if (!withRegistersSaved(writable)) return undefined;
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

/** `fiber "worker", spawned by fiber "pool"`, and where, if that was recorded. */
export function spawnLineOf(task: TaskFields): string {
  const parent = task._scope.spawnedIn(task).task;
  const place = siteOf(task)?.place;
  const at = place === undefined ? "" : ` at ${place}`;
  const name = `fiber "${nameOf(task)}"`;
  if (parent !== null) return `${name}, spawned by fiber "${nameOf(parent)}"${at}`;
  return place === undefined ? name : `${name}, started${at}`;
}

// The lines of a stack: which are the program's, and which the library's. Only V8's form is understood, which
// Bun has too: `    at load (file:///app/load.js:12:5)`. A stack in another form stays as it is.

const FRAME = /^\s+at /;
/** Bun's for a function without a name, of which V8 tells the place alone. */
const NAMELESS = /^<anonymous> \((.*)\)$/;
/** How a generator is entered: a frame of the engine's own for each. */
const ENTRY = /\.(?:next|throw|return) \(<anonymous>\)$/;

/**
 * The stack without what runs fibers. The library's function that the program called, and that threw,
 * stays; so does whoever called into the library from outside.
 */
export function withoutLibrary(stack: string, message: string): string {
  // What looks like a frame in the message is part of the message.
  const head = Math.max(0, stack.indexOf(message)) + message.length;
  const [first, ...lines] = stack.slice(head).split("\n");
  const called = lines.findIndex((line) => FRAME.test(line) && !isForeign(line));
  const kept = lines.filter((line, i) => {
    if (!FRAME.test(line)) return true;
    if (ENTRY.test(line)) return false;
    return called === -1 ? !isLibrary(line) : i <= called || !isForeign(line);
  });
  return stack.slice(0, head) + [first, ...kept].join("\n");
}

/** Not the program's. */
function isForeign(line: string): boolean {
  return INTERNAL.test(line) || isLibrary(line);
}

/**
 * The program's frames above the library's function `callee`, which runs, the innermost first, up to
 * where the library called them: `load (file:///app/load.js:12:5)`.
 */
export function callersOf(callee: Function): string[] {
  const settings = Error as Settings;
  const limit = settings.stackTraceLimit;
  // Twice as long as the program wants its stacks, because every other frame is an entry.
  const most = limit === undefined ? 0 : limit * 2;
  const frames: string[] = [];
  // Every frame costs more than all else here, and most of the library's below are for nothing.
  if (readCallers(callee, Math.min(SHORT, most), frames) || most <= SHORT) return frames;
  frames.length = 0;
  readCallers(callee, most, frames);
  return frames;
}

/** Enough for three routines, one in the other, and the library's lines around them. */
const SHORT = 8;

/** Answers whether all were within the limit. */
function readCallers(callee: Function, limit: number, frames: string[]): boolean {
  for (const line of stackAbove(callee, limit).split("\n")) {
    if (!FRAME.test(line) || ENTRY.test(line)) continue;
    if (!isForeign(line)) frames.push(line.replace(FRAME, "").replace(NAMELESS, "$1"));
    else if (frames.length > 0) return true;
  }
  return false;
}

interface Settings {
  stackTraceLimit?: number;
  captureStackTrace?(holder: object, above: Function): void;
}

function stackAbove(callee: Function, frames: number): string {
  const settings = Error as Settings;
  if (settings.captureStackTrace === undefined) return "";
  const holder: { readonly stack?: unknown } = {};
  const limit = limitStack(frames);
  try {
    settings.captureStackTrace(holder, callee);
    // A text, unless the program formats its own.
    return typeof holder.stack === "string" ? holder.stack : "";
  } finally {
    limitStack(limit);
  }
}

// Where fibers were spawned. It is recorded only on request, because it reads a stack trace: tens of
// microseconds a fiber.

export interface Site {
  /** Counts the recorded ones. */
  readonly order: number;
  /** `serve (file:///app/server.js:12:5)`; undefined where the host does not tell. */
  readonly place: string | undefined;
}

const sites = new WeakMap<TaskFields, Site>();
let recorded = 0;

/** The order of the next one that is recorded. */
export function nextSite(): number {
  return recorded;
}

/** Asks for sites to be recorded, or takes that back. */
export function recordSites(on: boolean): void {
  K.sites += on ? 1 : -1;
}

export function recordSite(task: TaskFields): void {
  sites.set(task, { order: recorded++, place: callersPlace() });
}

export function siteOf(task: TaskFields): Site | undefined {
  return sites.get(task);
}

/** The innermost line of the stack that is not the library's own. */
function callersPlace(): string | undefined {
  const limit = limitStack(30);
  const lines = (new Error("here").stack ?? "").split("\n");
  limitStack(limit);
  for (const line of lines) {
    const place = PLACE.exec(line)?.[1];
    if (place !== undefined && !isOwn(line)) return place;
  }
  return undefined;
}

/** V8 and Bun: `at name (place:1:2)`; others: `name@place:1:2`. */
const PLACE = /^\s*(?:at )?(.*:\d+:\d+\)?)$/;

/** This package's own folder; a bundle has none, and the library's functions are known by name there. */
const FOLDER: string | undefined = /^\w+:\/\/(.*\/)dist\/(?:slim\/)?fibril\.js/.exec(
  (import.meta as unknown as { readonly url: string }).url,
)?.[1];
const NAMES =
  /(?:^|[ .])(?:callersPlace|recordSite|spawnInto|spawnNamed|spawn|daemon|start|run|runSync)(?:@| \()/;

/** Of a bundle's functions those that run fibers; minified, they have no names. */
const KERNEL =
  /(?:^|[ .])(?:(?:Frame|Op|Promised|Scheduler)\.\w+|newGroup|beginFrame|conclude|drive|driveOn|endFrame|endRoutine|endTask|outcomeOf|answerOf|tellJoiners|together)(?: |$)/;

function isOwn(line: string): boolean {
  if (INTERNAL.test(line)) return true;
  return FOLDER === undefined ? NAMES.test(line) : isLibrary(line);
}

/** Lines of the host itself: Node, Bun, Deno. */
export const INTERNAL: RegExp = /[( @](?:node:|ext:)/;

/** Whether a line of a stack is this library's; in a bundle, whether it is one that runs fibers. */
export function isLibrary(line: string): boolean {
  if (FOLDER === undefined) return KERNEL.test(line);
  return line.includes(`${FOLDER}dist/`) || line.includes(`${FOLDER}src/`);
}
