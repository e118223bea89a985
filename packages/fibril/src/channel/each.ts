/** The loop over a channel: a state machine, so that a message costs little more than its body. */
import {
  attempt,
  type AttemptKind,
  call,
  callOp,
  Frame,
  type How,
  KILL,
  type Label,
  makesGenerators,
  mayGoOn,
  MISSED,
  Op,
  perform,
  RAISE,
  RETURN,
  type RoutineFunction,
} from "../core/index.js";
import { AT_END } from "./ending.js";

/** What is done with each message: a routine, or a plain function. */
export type EachBody<T> =
  | RoutineFunction<[message: T], unknown, any, any>
  // No `void` alone, which would also take a function that gives a promise.
  | ((message: T) => void | undefined);

type Body = (message: unknown) => unknown;

const EACH: Label = { name: "each" };

/** Where the frame stands: a message is to be had, or has come. */
const NEXT = 0;
const COMES = 1;

/** Takes what the line gives, until its end. */
export function eachOp(line: AttemptKind, body: unknown): Op<void> {
  if (typeof body !== "function") {
    throw new TypeError("each takes a function that is called with each message");
  }
  return callOp(new Frame(loop, line, body), 0, EACH) as Op<void>;
}

function loop(frame: Frame, how: How, value: unknown): unknown {
  if (how === RAISE) throw value;
  if (how === RETURN) return KILL;
  const line = frame.a as AttemptKind;
  const body = frame.b as Body;
  let message = frame.pc === COMES ? value : MISSED;
  frame.pc = NEXT;
  for (;;) {
    if (message === MISSED && mayGoOn()) message = line.attempt(undefined);
    if (message === MISSED) {
      frame.pc = COMES;
      return perform(attempt(line, AT_END));
    }
    if (message === AT_END) return undefined;
    if (makesGenerators(body)) return perform(call(body as never, message));
    const given = body(message);
    if (given !== undefined)
      return perform(given instanceof Op ? given : call(() => given as never));
    message = MISSED;
  }
}
