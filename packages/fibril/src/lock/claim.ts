/**
 * Claims: what a fiber holds for a while, be it a lock, permits or a resource.
 *
 * A fiber gets what it claims at once or waits in a line for it, and whoever gives something back hands it
 * to the oldest in the line. Between that hand-over and its next turn a fiber may be killed or raised in, and
 * then never learns that it holds something. So every claim is a frame of the library, which finds out and
 * gives it back:
 *
 *     CLAIMING ──▶ WAITING ──▶ GRANTED ──▶ (with: HOLDING ──▶ given back)
 *        │            │           │ killed, raised in: given back
 *        └────────────┴───────────┘
 *
 * The frame itself is what the fiber brings along in the line: whoever hands over writes GRANTED into it.
 */
import {
  callNowOp,
  checkWait,
  currentTask,
  DELIVER,
  done,
  Frame,
  type How,
  KILL,
  type Label,
  mayGoOn,
  type Op,
  ownWait,
  perform,
  performRoutine,
  RAISE,
  type RoutineFunction,
  START,
  SUSPEND,
  type Task,
  type WaitBegun,
  type WaitKind,
} from "../core/index.js";

/** Where a claim stands: the `pc` of its frame. */
export const WAITING = 1;
export const GRANTED = 2;
const HOLDING = 3;
/** It takes back what it has lent, and no request calls it out of the line. */
export const RETURNING = 4;

/**
 * What can be claimed. In a frame `a` is this, `b` and `c` are the routine of a `with` and what it takes,
 * and `d` is what is claimed: each kind has its own use for it.
 */
export interface Claim extends WaitKind {
  /** For backtraces: `mutex.with`. */
  readonly label: Label;
  /** Takes it for the task where nobody has to be waited for. Throws where waiting would be a mistake. */
  enter(task: Task, frame: Frame): boolean;
  /** Joins the line. */
  join(task: Task, frame: Frame): WaitBegun;
  /** Gives back what the frame holds. */
  leave(frame: Frame): void;
  /** The same at the end of a `with`; false when its routine has given it back already. */
  finish(frame: Frame): boolean;
  /** The error for that. */
  lost(): Error;
  /** What the claim results in, and the routine of a `with` is handed first, where there is such a thing. */
  gives?(frame: Frame): unknown;
}

/** The beginning of every claim's wait. */
export function beginClaim(claim: Claim, task: Task, frame: Frame): WaitBegun | null {
  if (claim.enter(task, frame)) {
    frame.pc = GRANTED;
    return done(undefined);
  }
  frame.pc = WAITING;
  return claim.join(task, frame);
}

/** Claims something until it is given back by hand. */
export function acquireOp<Result>(claim: Claim, wanted: unknown): Op<Result> {
  checkWait(claim.name);
  return callNowOp(new Frame(acquireCode, claim, null, null, wanted), claim) as Op<Result>;
}

/** Claims something for as long as a routine runs. */
export function withOp<Result>(
  claim: Claim,
  wanted: unknown,
  routine: RoutineFunction<never, Result, any, any>,
  args: readonly unknown[],
): Op<Result> {
  if (typeof routine !== "function") {
    throw new TypeError(`${claim.label.name} takes a generator function`);
  }
  checkWait(claim.label.name);
  return callNowOp(new Frame(withCode, claim, routine, args, wanted), claim.label) as Op<Result>;
}

function acquireCode(frame: Frame, how: How, value: unknown): unknown {
  const claim = frame.a as Claim;
  if (how === START) {
    if (mayGoOn() && claim.enter(currentTask() as Task, frame)) return result(claim, frame);
    return perform(ownWait(claim, frame));
  }
  if (how === DELIVER) {
    // Otherwise somebody transferred to it, and it still has nothing.
    return frame.pc === GRANTED ? result(claim, frame) : perform(ownWait(claim, frame));
  }
  if (frame.pc === GRANTED) claim.leave(frame);
  if (how === RAISE) throw value;
  return KILL;
}

function result(claim: Claim, frame: Frame): unknown {
  return claim.gives?.(frame);
}

function withCode(frame: Frame, how: How, value: unknown): unknown {
  const claim = frame.a as Claim;
  if (frame.pc === HOLDING) {
    const held = claim.finish(frame);
    if (how === DELIVER && held) return value;
    if (how === RAISE) throw value;
    if (how !== DELIVER) return KILL;
    throw claim.lost();
  }
  if (how === START) {
    if (mayGoOn() && claim.enter(currentTask() as Task, frame)) return work(claim, frame);
    return perform(ownWait(claim, frame));
  }
  if (how === DELIVER) {
    return frame.pc === GRANTED ? work(claim, frame) : perform(ownWait(claim, frame));
  }
  if (frame.pc === GRANTED) claim.leave(frame);
  if (how === RAISE) throw value;
  return KILL;
}

/** What is claimed is held: the routine runs. */
function work(claim: Claim, frame: Frame): unknown {
  const routine = frame.b;
  const given = frame.c as readonly unknown[];
  frame.b = frame.c = null;
  frame.pc = HOLDING;
  let value: unknown;
  try {
    value = performRoutine(
      routine,
      claim.gives === undefined ? given : [claim.gives(frame), ...given],
    );
  } catch (error) {
    claim.finish(frame);
    throw error;
  }
  if (value === SUSPEND) return SUSPEND;
  if (claim.finish(frame)) return value;
  throw claim.lost();
}
