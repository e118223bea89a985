/**
 * Where fibers were spawned. Recorded only while somebody wants to know, because it reads a stack
 * trace: tens of microseconds a fiber.
 */
import type { TaskFields } from "./kernel.js";
import { K } from "./kernel.js";
import { limitStack } from "./stack-limit.js";

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
const FOLDER: string | undefined = /^\w+:\/\/(.*\/)(?:dist|src)\/core\/site\.[jt]s/.exec(
  (import.meta as unknown as { readonly url: string }).url,
)?.[1];
const NAMES =
  /(?:^|[ .])(?:callersPlace|recordSite|spawnInto|spawnNamed|spawn|daemon|start|run|runSync)(?:@| \()/;

/** Of a bundle's functions those that run fibers; minified, they have no names. */
const KERNEL =
  /(?:^|[ .])(?:(?:Frame|Op|Promised|Scheduler)\.\w+|newGroup|beginFrame|conclude|drive|driveOn|endFrame|endRoutine|endTask|outcomeOf|resultOf|tellJoiners|together)(?: |$)/;

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
