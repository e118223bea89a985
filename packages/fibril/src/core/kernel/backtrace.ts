/**
 * The frames of a suspended fiber, innermost first.
 */
import { Call, type TopFrame } from "./frame.js";
import { type FiberFields, K } from "./registers.js";
import { CALLED, CREATED, FRESH, TERMINATED } from "./state.js";
import { routineName, shown } from "./text.js";

/** Returns where a suspended generator stands, as `file:line:column`; undefined if the host cannot tell. */
export type Locator = (generator: object) => string | undefined;

let locate: Locator | undefined;

/** Called by `fibril/inspect`. The core itself never asks the host. */
export function setLocator(locator: Locator | undefined): void {
  locate = locator;
}

/**
 * Ruby's rule: empty before the start, undefined after the end (line 42 of the contract), and undefined
 * if `start` is beyond the last frame.
 */
export function backtrace(fiber: FiberFields, start: number, count: number): string[] | undefined {
  return walk(fiber, start, count, describe);
}

/** Ruby's texts in Ruby's order: the range is checked even for a fiber that has ended. */
export function checkRange(start: number, count: number): void {
  for (const [what, value] of [
    ["level", start],
    ["size", count],
  ] as const) {
    if (value < 0) throw new RangeError(`negative ${what} (${value})`);
    if (!Number.isInteger(value) && value !== Number.POSITIVE_INFINITY) {
      throw new RangeError(`${what} must be a whole number, not ${shown(value)}`);
    }
  }
}

/** The backtrace without places, because finding the places costs more than everything else. */
export function routineNames(
  fiber: FiberFields,
  start: number,
  count: number,
): string[] | undefined {
  return walk(fiber, start, count, (name) => name);
}

function walk(
  fiber: FiberFields,
  start: number,
  count: number,
  line: (name: string, frame: TopFrame) => string,
): string[] | undefined {
  if ((fiber._flags & TERMINATED) !== 0) return undefined;
  const lines: string[] = [];
  if ((fiber._flags & (CREATED | FRESH)) !== 0 || fiber === K.root) return lines;
  if (count === 0) return lines;
  const end = start + count;
  let link = fiber._frame as TopFrame | Call;
  let called = (fiber._flags & CALLED) !== 0;
  for (let index = 0; index < end; index++) {
    const call: Call | undefined = called ? (link as Call) : undefined;
    if (index >= start) {
      const frame = call === undefined ? (link as TopFrame) : call.frame;
      lines.push(line(routineName(call === undefined ? fiber._label : call.label), frame));
    }
    if (call === undefined) return index + 1 < start ? undefined : lines;
    link = call.caller;
    called = (call.callerBits & CALLED) !== 0;
  }
  return lines;
}

function describe(name: string, frame: TopFrame): string {
  const place = locate?.(frame);
  return place === undefined ? name : `${name} (${place})`;
}
