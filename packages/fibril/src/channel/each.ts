/** The loops over a channel: state machines, so that a message costs little more than what is done with it. */
import {
  attempt,
  type AttemptKind,
  call,
  callOp,
  Frame,
  type How,
  KILL,
  type Label,
  isDirect,
  makesGenerators,
  mayGoOn,
  MISSED,
  Op,
  perform,
  RAISE,
  RETURN,
  type RoutineFunction,
} from "../core/index.js";

/** What is done with each message: a routine, or a plain function. */
export type EachBody<T> =
  | RoutineFunction<[message: T], unknown, any, any>
  // No `void` alone, which would also take a function that gives a promise.
  | ((message: T) => void | undefined);

type Body = (message: unknown) => unknown;

/** What a loop gets in place of a message when the channel has ended. */
export const AT_END: unique symbol = Symbol("fibril.end");

const EACH: Label = { name: "each" };
const DRAIN: Label = { name: "drain" };

/** Where a frame stands: a message is to be had, or has come. */
const NEXT = 0;
const COMES = 1;

/** Calls the body with what the line gives, until its end. */
export function eachOp(line: AttemptKind, body: unknown): Op<void> {
  if (typeof body !== "function") {
    throw new TypeError("each takes a function that is called with each message");
  }
  return callOp(new Frame(eachCode, line, body), 0, EACH) as Op<void>;
}

function eachCode(frame: Frame, how: How, value: unknown): unknown {
  if (how === RAISE) throw value;
  if (how === RETURN) return KILL;
  const line = frame.a as AttemptKind;
  const body = frame.b as Body;
  let message = frame.pc === COMES ? value : MISSED;
  frame.pc = NEXT;
  for (;;) {
    // Asked before each message, because the body may have asked this fiber to end.
    if (message === MISSED && mayGoOn()) message = line.attempt(undefined);
    if (message === MISSED) {
      frame.pc = COMES;
      return perform(attempt(line, AT_END));
    }
    if (message === AT_END) return undefined;
    if (makesGenerators(body) || isDirect(body)) return perform(call(body as never, message));
    const given = body(message);
    if (given !== undefined) {
      return perform(given instanceof Op ? given : call(() => given as never));
    }
    message = MISSED;
  }
}

/** A message, and with it all that are there, up to `most`; none at the end. */
export function drainOp<T>(line: AttemptKind, most: number): Op<T[]> {
  return callOp(new Frame(drainCode, line, most), 0, DRAIN) as Op<T[]>;
}

function drainCode(frame: Frame, how: How, value: unknown): unknown {
  if (how === RAISE) throw value;
  if (how === RETURN) return KILL;
  const line = frame.a as AttemptKind;
  let message = frame.pc === COMES ? value : mayGoOn() ? line.attempt(undefined) : MISSED;
  if (message === MISSED) {
    frame.pc = COMES;
    return perform(attempt(line, AT_END));
  }
  return message === AT_END ? [] : takeAll(line, frame.b as number, [message]);
}

/** What is there, up to `most`, behind what has been taken. */
export function takeAll(line: AttemptKind, most: number, taken: unknown[]): unknown[] {
  while (taken.length < most) {
    const message = line.attempt(undefined);
    if (message === MISSED) break;
    taken.push(message);
  }
  return taken;
}
