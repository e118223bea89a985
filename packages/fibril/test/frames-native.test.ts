/** Calls on the native stack, of state machines and of code that gets its frame late. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Fiber } from "fibril";
import {
  type CalledCode,
  type Code,
  enterCode,
  frames,
  KILL,
  NO_FRAME,
  performNow,
  performYield,
  RAISE,
  RETURN,
  SUSPEND,
} from "fibril/frames";

/** The code of a routine that can be called on the native stack: `n` more calls, then a yield of each value. */
const descends: CalledCode = (frame, how, value, n = frame.a) => {
  if (how === RAISE) throw value;
  if (how === RETURN) return KILL;
  let out: unknown;
  if (frame.pc === 0) {
    out =
      n === 0 ? performYield("bottom") : enterCode(frame, how, descends as Code, (n as number) - 1);
    if (out === SUSPEND) {
      frame.pc = 1;
      frame.a = n;
    }
  } else out = value;
  return out === SUSPEND ? SUSPEND : [frame.pc === 0 ? n : frame.a, out];
};

test("a call on the native stack gets a frame when it suspends, whatever its depth", () => {
  const routine = frames<[n: number]>("descends", descends as Code);
  for (const depth of [0, 1, 2, 199, 200, 201, 202, 500]) {
    const fiber = new Fiber(routine as never) as Fiber<[unknown], unknown, unknown>;
    assert.equal(fiber.resume(depth), "bottom");
    assert.equal(fiber.backtrace()?.length, depth + 1);
    let out = fiber.resume("value");
    for (let n = 0; n <= depth; n++) {
      assert.equal((out as unknown[])[0], n === depth ? 0 : depth - n);
      out = (out as unknown[])[1];
    }
    assert.equal(out, "value");
    assert.equal(NO_FRAME.pc, 0);
    assert.equal(NO_FRAME.a, undefined);
  }
});

test("performNow runs a call at once, and starts any other op", () => {
  const twice = frames<[n: number]>("twice", (frame) => 2 * (frame.a as number));
  const fails = frames<[]>("fails", () => {
    throw new Error("failed");
  });
  const out = frames<[n: number]>("out", (frame, how, value) => {
    if (how === RETURN) return KILL;
    if (how === RAISE) throw value;
    return frame.pc++ === 0 ? performYield(frame.a) : value;
  });
  const seen: unknown[] = [];
  const machine = frames<[]>("machine", (frame, how, value) => {
    if (how === RAISE) throw value;
    if (how === RETURN) {
      seen.push("unwound");
      return KILL;
    }
    if (frame.pc === 0) {
      seen.push(performNow(twice(4)));
      assert.throws(() => performNow(fails()), /^Error: failed$/);
    } else seen.push(value);
    frame.pc++;
    if (frame.pc === 1) return performNow(out(frame.pc));
    return performNow(Fiber.yield("yielded"));
  });
  const fiber = new Fiber(machine as never) as Fiber<[unknown?], unknown, unknown>;
  assert.equal(fiber.resume(), 1);
  assert.deepEqual(fiber.backtrace(), ["out", "machine"]);
  assert.equal(fiber.resume("back"), "yielded");
  assert.deepEqual(seen, [8, "back"]);
  fiber.kill();
  assert.deepEqual(seen, [8, "back", "unwound"]);
});
