/** The two ways in which a state machine starts an op: by an op object, and directly. */
import assert from "node:assert/strict";
import { Fiber, park, yieldNow } from "fibril";
import {
  type Code,
  frames,
  KILL,
  perform,
  performPark,
  performTransfer,
  performYieldNow,
  RAISE,
  RETURN,
} from "fibril/frames";
import type { AnyFiber } from "./body.ts";

type Transfer = (fiber: Fiber, ...values: unknown[]) => unknown;

/** Both ways to start each op. */
export const WAYS = {
  op: {
    transfer: ((fiber, ...values) => perform(Fiber.transfer(fiber, ...values))) as Transfer,
    yieldNow: () => perform(yieldNow()),
    park: () => perform(park()),
  },
  direct: {
    transfer: performTransfer as Transfer,
    yieldNow: performYieldNow,
    park: performPark,
  },
} as const;
export type Way = (typeof WAYS)[keyof typeof WAYS];

/** Does the same both ways and compares. */
export function alike(what: (way: Way) => unknown): unknown {
  const byOp = what(WAYS.op);
  assert.deepEqual(what(WAYS.direct), byOp);
  return byOp;
}

/** A fiber whose code is entered by START and DELIVER only; its fiber is also its frame if `fits`. */
export function machine(code: Code, fits: boolean = true): AnyFiber {
  const fn = frames("machine", (frame, how, value) => {
    if (how === RAISE) throw value;
    return how === RETURN ? KILL : code(frame, how, value);
  });
  return new Fiber(fits ? Object.assign(fn, { fits }) : fn) as AnyFiber;
}

/** The code, message and name of what is thrown. */
export function told(call: () => unknown): unknown {
  try {
    return { result: call() };
  } catch (error) {
    const { name, message, code } = error as Error & { code?: string };
    return { name, message, code };
  }
}
