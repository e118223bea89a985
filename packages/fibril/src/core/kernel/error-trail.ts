/**
 * An error's stack shows its way through routines and fibers. By itself, a fiber's stack ends at its
 * scheduler, and the stack of a promise's error has no line of the fiber at all. So lines are added
 * whenever an error comes out of a wait or a call: one for each routine that was waiting. Every fiber that
 * the error ends adds a line too:
 *
 *     Error: no such file
 *         at open (file:///app/files.js:12:9)
 *         in load (file:///app/load.js:3:10)
 *         in fiber "worker", spawned by fiber "pool"
 *         in fiber "pool", spawned by fiber "main"
 *         in fiber "main"
 *
 * This makes the text of two stacks for each routine and of one for each fiber. It takes a few
 * microseconds, which is as much as making the error itself, or a few times that. It costs nothing until an
 * error happens.
 */
import { FULL_TEXTS } from "./full-texts.js";
import type { Frame, Label, Machine } from "./frame.js";
import { K, type TaskFields, withRegistersSaved } from "./registers.js";
import { limitStack } from "./stack-limit.js";
import { nameOf, routineOf } from "./text.js";

/** How many fibers get a line. One more line stands for all further ones. */
const HOPS = 16;
/** How many routines get a line. Further ones are left out. */
const ROUTINES = 16;

/** How many lines have been added to an error's stack. */
interface Way {
  fibers: number;
  routines: number;
  /** Whether the library's own lines have been removed from the stack. */
  clean: boolean;
}

const ways = new WeakMap<object, Way>();

/** Adds the line of a fiber that the error has ended. */
export function addFiberLine(error: unknown, task: TaskFields): void {
  add(error, (way) => {
    if (way.fibers > HOPS) return;
    const line = `\n    in ${way.fibers === HOPS ? "further fibers" : spawnLineOf(task)}`;
    write(error as Error, way, line);
    way.fibers++;
  });
}

/** Adds lines for the running routines when an op throws the error from the library's function `taker`. */
export function addRoutineLines(error: unknown, taker: Function): void {
  addRoutines(error, () => callersOf(taker));
}

/**
 * Adds the line of a state machine that gets the error from a wait or a call. No op throws the error inside
 * it, so the place is not known.
 */
export function addMachineLine(error: unknown, machine: Machine, label: Label): void {
  const code = typeof machine === "function" ? machine : machine.code;
  addRoutines(error, () => {
    const routine = routineOf(label) as Label & { readonly code?: unknown };
    // The library's own frames have the label of what they serve.
    // That of a function in direct style has the function in `a`.
    const { a } = machine as Partial<Frame>;
    const isItsOwn = routine.code === code || routine === code || routine === a;
    return isItsOwn && routine.name !== "" ? [routine.name] : [];
  });
}

function addRoutines(error: unknown, linesOf: () => string[]): void {
  add(error, (way) => {
    if (way.routines >= ROUTINES) return;
    const lines = linesOf().slice(0, ROUTINES - way.routines);
    const text = lines.map((line) => `\n    in ${line}`).join("");
    const { stack } = error as { stack: string };
    // The error may be thrown at the same place many times: many fibers may wait for one promise.
    if (!`${stack}\n`.includes(`${text}\n`)) write(error as Error, way, text);
    way.routines += Math.max(1, lines.length);
  });
}

function add(error: unknown, lines: (way: Way) => void): void {
  if (!FULL_TEXTS) return;
  const way = wayOf(error);
  if (way === undefined) return;
  try {
    withRegistersSaved(() => lines(way));
  } catch {
    // The stack cannot be read or written, or the program's own formatter of stacks threw.
  }
}

/** Removes the library's lines from the stack of an error that no fiber threw: they would only show the scheduler. */
export function withoutStack<E extends Error>(error: E): E {
  if (!FULL_TEXTS) return error;
  try {
    withRegistersSaved(() => {
      if (typeof error.stack === "string") error.stack = withoutLibrary(error.stack, error.message);
    });
  } catch {
    // The error may be frozen.
  }
  return error;
}

/**
 * Undefined for values whose stack gets no lines: a value that is not an error, a Cancelled, or an error that
 * cannot be written.
 */
function wayOf(error: unknown): Way | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const known = ways.get(error);
  if (known !== undefined) return known;
  try {
    // Asked for here, because newer versions of V8 write the stack of a frozen error all the same.
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
  // The report of a fault in the library is useless without the library's lines.
  const keeps = way.clean || error.name === "InternalError";
  way.clean = true;
  const own = keeps ? stack : withoutLibrary(stack, typeof message === "string" ? message : "");
  error.stack = own + text;
}

/** `fiber "worker", spawned by fiber "pool"`, with the place of the spawn if that was recorded. */
export function spawnLineOf(task: TaskFields): string {
  const parent = task._scope.spawnedIn(task).task;
  const place = siteOf(task)?.place;
  const at = place === undefined ? "" : ` at ${place}`;
  const name = `fiber "${nameOf(task)}"`;
  if (parent !== null) return `${name}, spawned by fiber "${nameOf(parent)}"${at}`;
  return place === undefined ? name : `${name}, started${at}`;
}

// The lines of a stack: which ones are the program's, and which the library's. Only the format of V8 and Bun is
// understood: `    at load (file:///app/load.js:12:5)`. A stack in another format stays as it is.

const FRAME = /^\s+at /;
/** Bun's line for a function without a name. V8 writes only the place. */
const NAMELESS = /^<anonymous> \((.*)\)$/;
/** The engine's own frame for each entry of a generator. */
const ENTRY = /\.(?:next|throw|return) \(<anonymous>\)$/;

/**
 * The stack without the lines of the code that runs fibers. The lines of the library's function that the
 * program called and that threw stay, and so do those of the code that called the library from outside.
 */
function withoutLibrary(stack: string, message: string): string {
  // A line of the message may look like a frame, so the message is skipped.
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

/** Whether a line is not the program's. */
function isForeign(line: string): boolean {
  return INTERNAL.test(line) || isLibrary(line);
}

/**
 * The program's frames between the library's running function `callee` and the place where the library
 * called them, innermost first: `load (file:///app/load.js:12:5)`.
 */
function callersOf(callee: Function): string[] {
  const settings = Error as Settings;
  const limit = settings.stackTraceLimit;
  // Twice as many as the program wants in its stacks, because every other frame is the entry of a generator.
  const most = limit === undefined ? 0 : limit * 2;
  const frames: string[] = [];
  // Frames are the most expensive part, and most of the library's frames further out are not needed.
  if (readCallers(callee, Math.min(SHORT, most), frames) || most <= SHORT) return frames;
  frames.length = 0;
  readCallers(callee, most, frames);
  return frames;
}

/** Enough for three nested routines and the library's lines around them. */
const SHORT = 8;

/** Returns whether all of the program's frames were within the limit. */
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
    // A string, unless the program formats stacks itself.
    return typeof holder.stack === "string" ? holder.stack : "";
  } finally {
    limitStack(limit);
  }
}

// Where fibers were spawned. This is recorded only on request, because reading a stack trace takes tens of
// microseconds for each fiber.

export interface Site {
  /** How many sites had been recorded before. */
  readonly order: number;
  /** `serve (file:///app/server.js:12:5)`; undefined if the host does not tell. */
  readonly place: string | undefined;
}

const sites = new WeakMap<TaskFields, Site>();
let recorded = 0;

/** The `order` of the next site that will be recorded. */
export function nextSite(): number {
  return recorded;
}

/** Asks for sites to be recorded, or withdraws one such request. */
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

/** V8 and Bun write `at name (place:1:2)`, others `name@place:1:2`. */
const PLACE = /^\s*(?:at )?(.*:\d+:\d+\)?)$/;

/** This package's own folder. A bundle has none, so there the library's functions are recognised by name. */
const FOLDER: string | undefined = /^\w+:\/\/(.*\/)dist\/(?:slim\/)?fibril\.js/.exec(
  (import.meta as unknown as { readonly url: string }).url,
)?.[1];
const NAMES =
  /(?:^|[ .])(?:callersPlace|recordSite|spawnInto|spawnNamed|spawn|daemon|start|run|runSync)(?:@| \()/;

/** The functions in a bundle that run fibers. Bundlers number names; in a minified bundle there are none. */
const KERNEL =
  /(?:^|[ .])(?:(?:Ambience|Attempt|CallNow|JoinOp|Op|Promised|Scheduler)\d*\.\w+|(?:(?:acquire|condition|context|drain|each|iterator|kill|once|scope|start|with)Code|newGroup|beginFrame|conclude|drive|driveOn|endFrame|endRoutine|endTask|enterAmbient|enterCode|enterMachine|outcomeOf|answerOf|passOn|performCall|performNow|performRoutine|runDirect|startMachine|sweepMachines|tellJoiners|together)\d*)(?: |$)/;

function isOwn(line: string): boolean {
  if (INTERNAL.test(line)) return true;
  return FOLDER === undefined ? NAMES.test(line) : isLibrary(line);
}

/** Lines of the host itself: Node, Bun or Deno. */
const INTERNAL: RegExp = /[( @](?:node:|ext:)/;

/** Whether a line of a stack is this library's. In a bundle: whether it is a function that runs fibers. */
function isLibrary(line: string): boolean {
  if (FOLDER === undefined) return KERNEL.test(line);
  return line.includes(`${FOLDER}dist/`) || line.includes(`${FOLDER}src/`);
}
