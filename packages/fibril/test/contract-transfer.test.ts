/** Lines 19 to 26 of Ruby's Fiber contract: transfer, and where a fiber's end surfaces. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Fiber } from "fibril";
import { type AnyFiber, each } from "./support/body.ts";
import { refused } from "./support/expect.ts";

each(
  "19 a fiber cannot transfer to the one that resumes it, nor to the resuming root",
  ({ fiber }) => {
    const text = "attempt to transfer to a resuming fiber";
    const child = fiber([(to) => Fiber.transfer(to)]);
    const parent = fiber([() => Fiber.resume(child, Fiber.current)]);
    refused(text, () => parent.resume(), "resuming");
    const toRoot = fiber([() => Fiber.transfer(Fiber.root)]);
    refused(text, () => toRoot.resume(), "resuming");
  },
);

each("20 a fiber that yielded cannot be transferred to", ({ fiber }) => {
  const f = fiber([() => Fiber.yield(), () => "end"]);
  f.resume();
  refused("attempt to transfer to a yielding fiber", () => f.transfer(), "yielding");
  assert.equal(f.resume(), "end");
});

each("21 a transfer to oneself answers its arguments at once", ({ fiber }) => {
  assert.equal(Fiber.root.transfer("self"), "self");
  assert.deepEqual(Fiber.root.transfer(1, 2), [1, 2]);
  assert.equal(Fiber.root.transfer(), undefined);
  const byMethod = fiber([() => Fiber.current.transfer("own")]);
  assert.equal(byMethod.resume(), "own");
  const byOp = fiber([() => Fiber.transfer(Fiber.current, 1, 2), (got) => got]);
  assert.deepEqual(byOp.resume(), [1, 2]);
});

each("21 a transfer to a terminated fiber is refused", ({ fiber }) => {
  const dead = fiber([]);
  dead.resume();
  refused("dead fiber called", () => dead.transfer(), "dead");
  const f = fiber([() => Fiber.transfer(dead)]);
  refused("dead fiber called", () => f.resume(), "dead");
});

each("22 a fiber first entered by transfer may resume others", ({ fiber }) => {
  const child = fiber([() => Fiber.yield("one"), () => "two"]);
  const f = fiber([() => Fiber.resume(child), (one) => [one, child.resume()]]);
  assert.deepEqual(f.transfer(), ["one", "two"]);
});

each("23 a fiber is re-entered the way it left", ({ fiber }) => {
  const f = fiber([
    () => Fiber.yield("yielded"),
    () => Fiber.transfer(hub, "left"),
    () => Fiber.yield("yielded again"),
    () => "end",
  ]);
  const hub: AnyFiber = fiber([
    (got) => {
      refused("attempt to resume a resumed fiber (double resume)", () => f.resume());
      return Fiber.transfer(f, got);
    },
  ]);
  assert.equal(f.resume(), "yielded");
  refused("attempt to transfer to a yielding fiber", () => f.transfer());
  assert.equal(f.resume(), "yielded again");
  refused("attempt to transfer to a yielding fiber", () => f.transfer());
  assert.equal(f.resume(), "end");
});

each(
  "24 a fiber's end goes back to its resumer, though another transferred to it last",
  ({ fiber }) => {
    const f = fiber([() => Fiber.transfer(other, Fiber.current), (got) => `ended by ${got}`]);
    const other: AnyFiber = fiber([(to) => Fiber.transfer(to, "other")]);
    assert.equal(f.resume(), "ended by other");
  },
);

each(
  "24 without a resumer it surfaces at the end of the resume chain, not in who transferred",
  ({ fiber }) => {
    const trace: string[] = [];
    const fb2 = fiber([() => trace.push("fb2")]);
    const fb1 = fiber([() => trace.push("fb1"), () => Fiber.transfer(fb2)]);
    const r1 = fiber([() => Fiber.transfer(fb1), () => trace.push("r1")]);
    r1.resume();
    trace.push("root");
    assert.deepEqual(trace, ["fb1", "fb2", "r1", "root"]);
  },
);

each("24 so does its error", ({ fiber }) => {
  const failing = fiber([() => assert.fail("surfaces in r1")]);
  const middle = fiber([() => Fiber.transfer(failing)]);
  const r1 = fiber({ steps: [() => Fiber.transfer(middle)], rescue: [(error) => error.message] });
  assert.equal(r1.resume(), "surfaces in r1");
  assert.equal(failing.alive, false);
  assert.equal(middle.alive, true);
});

each("24 the end of the chain is found at any length, and after it has shrunk", ({ fiber }) => {
  const leave = fiber([() => "from outside the chain"]);
  const inner = fiber([
    () => Fiber.transfer(leave),
    (got) => Fiber.yield(got),
    () => Fiber.transfer(again),
    (got) => got,
  ]);
  const again = fiber([() => "again"]);
  const outer = fiber([
    () => Fiber.resume(inner),
    (got) => Fiber.yield(got),
    () => Fiber.resume(inner),
    (got) => got,
  ]);
  assert.equal(outer.resume(), "from outside the chain");
  assert.equal(outer.resume(), "again");
});

each("25 fibers that resume each other raise, and never overflow", ({ fiber }) => {
  const f1: AnyFiber = fiber([() => Fiber.resume(f2)]);
  const f2: AnyFiber = fiber([() => Fiber.resume(f1)]);
  refused("attempt to resume a resumed fiber (double resume)", () => f1.resume());
  assert.deepEqual([f1.alive, f2.alive], [false, false]);
});

test("25 the same by synchronous resumes", () => {
  const f1: AnyFiber = new Fiber(function* (): Generator<never, void> {
    f2.resume();
  });
  const f2: AnyFiber = new Fiber(function* (): Generator<never, void> {
    f1.resume();
  });
  refused("attempt to resume a resumed fiber (double resume)", () => f1.resume());
});

each(
  "26 an error that nobody catches ends the fiber and goes to its resumer, as itself",
  ({ fiber }) => {
    const error = new Error("mine");
    const f = fiber([
      () => {
        throw error;
      },
    ]);
    const parent = fiber({ steps: [() => Fiber.resume(f)], rescue: [(caught) => caught] });
    assert.equal(parent.resume(), error);
    assert.equal(f.status, "terminated");
  },
);

each("26 what is thrown need not be an error", ({ fiber }) => {
  for (const value of [undefined, null, 0, "text", Symbol.iterator]) {
    const f = fiber([
      () => {
        throw value;
      },
    ]);
    let caught: unknown = "nothing";
    try {
      f.resume();
    } catch (error) {
      caught = error;
    }
    assert.equal(caught, value);
    assert.equal(f.alive, false);
  }
});
