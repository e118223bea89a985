/** Lines 27 to 32 of Ruby's Fiber contract: raise. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Fiber, FiberError } from "fibril";
import { type AnyFiber, type Body, each, type Kit, ops } from "./support/body.ts";
import { refused, thrown } from "./support/expect.ts";

const waiting = ({ fiber }: Kit, body: Partial<Body> = {}): AnyFiber => {
  const f = fiber({ steps: [() => Fiber.yield()], ...body });
  f.resume();
  return f;
};

each("27 raise takes nothing, a text, a class, a class and a text, or an error", (kit) => {
  const raised = (...args: Parameters<AnyFiber["raise"]>) =>
    thrown(() => waiting(kit).raise(...args)) as Error;
  assert.equal(raised().message, "unhandled exception");
  assert.equal(raised("text").message, "text");
  assert.equal(raised("text").constructor, Error);
  assert.equal(raised(RangeError).constructor, RangeError);
  assert.equal(raised(RangeError).message, "RangeError");
  assert.equal(raised(RangeError, "far").message, "far");
  const error = new SyntaxError("made");
  assert.equal(raised(error), error);
  assert.equal(raised(error, "changed").message, "changed");
});

each("27 the cause goes into the error, and never over one that is there", (kit) => {
  const cause = new Error("why");
  assert.equal((thrown(() => waiting(kit).raise("x", undefined, { cause })) as Error).cause, cause);
  assert.equal((thrown(() => waiting(kit).raise(TypeError, "x", { cause })) as Error).cause, cause);
  const bare = new Error("bare");
  assert.equal(
    (thrown(() => waiting(kit).raise(bare, undefined, { cause })) as Error).cause,
    cause,
  );
  const own = new Error("own", { cause: 1 });
  assert.equal((thrown(() => waiting(kit).raise(own, undefined, { cause })) as Error).cause, 1);
});

each("27 with a message an error is copied, and stays as it was", (kit) => {
  class Refused extends RangeError {
    readonly status: number;
    constructor(status: number, options: ErrorOptions) {
      super(`status ${status}`, options);
      this.status = status;
    }
  }
  const cause = new Error("why");
  const original = new Refused(403, { cause });
  const raised = (...args: Parameters<AnyFiber["raise"]>) =>
    thrown(() => waiting(kit).raise(...args)) as Error;
  const copy = raised(original, "changed") as Refused;
  assert.notEqual(copy, original);
  assert.equal(original.message, "status 403");
  assert.equal(copy.constructor, Refused);
  assert.equal(Object.prototype.toString.call(copy), "[object Error]");
  assert.deepEqual([copy.message, copy.status, copy.cause], ["changed", 403, cause]);
  assert.match(String(copy.stack), /changed/);
  const frozen = Object.freeze(new Error("frozen"));
  assert.equal(raised(frozen, "thawed").message, "thawed");
  assert.equal(raised(frozen, undefined, { cause }).cause, cause);
  const aborted = raised(new DOMException("aborted", "AbortError"), "given up");
  assert.deepEqual([aborted.name, aborted.message], ["AbortError", "given up"]);
});

each("27 the class AggregateError takes the message second", (kit) => {
  const raised = (...args: Parameters<AnyFiber["raise"]>) =>
    thrown(() => waiting(kit).raise(...args)) as AggregateError;
  const error = raised(AggregateError, "several", { cause: 1 });
  assert.deepEqual([error.message, error.errors, error.cause], ["several", [], 1]);
  assert.equal(raised(AggregateError).message, "AggregateError");
  assert.deepEqual(raised(new AggregateError([1], "one"), "changed").errors, [1]);
});

each("27 anything else is a TypeError, and the fiber is as it was", (kit) => {
  const f = waiting(kit);
  for (const wrong of [3, null, {}, [], [Error], function () {}, class {}, Fiber]) {
    assert.throws(() => f.raise(wrong as never), /^TypeError: exception class\/object expected$/);
    const parent = kit.fiber([() => Fiber.raise(f, wrong as never)]);
    assert.throws(() => parent.resume(), /^TypeError: exception class\/object expected$/);
  }
  assert.throws(() => f.raise("text", "text"), TypeError);
  assert.throws(
    () => f.raise(Error, 5 as never),
    /^TypeError: the message of raise takes a string/,
  );
  f.resume();
  assert.equal(f.alive, false);
});

each("28 the error is raised where the fiber waits; raise answers the next yield", (kit) => {
  const f = waiting(kit, { rescue: [(error) => Fiber.yield(error.message), () => "end"] });
  assert.equal(f.raise("oops"), "oops");
  assert.equal(f.resume(), "end");
});

each(
  "28 if the fiber ends, raise answers its result; if it does not rescue, raise throws",
  (kit) => {
    assert.equal(waiting(kit, { rescue: [() => "rescued"] }).raise("x"), "rescued");
    const f = waiting(kit);
    assert.equal((thrown(() => f.raise("unrescued")) as Error).message, "unrescued");
    assert.equal(f.alive, false);
  },
);

each("28 by op it is the same", (kit) => {
  const inner = waiting(kit, { rescue: [(error) => Fiber.yield(error.message), () => "end"] });
  const f = kit.fiber([
    () => Fiber.raise(inner, "oops"),
    (first) => Fiber.yield(first),
    () => Fiber.resume(inner),
  ]);
  assert.deepEqual([f.resume(), f.resume()], ["oops", "end"]);
});

each("29 into the current fiber it is a plain throw", ({ fiber }) => {
  const body = (raise: () => unknown): Body => ({ steps: [raise], rescue: [(e) => e.message] });
  assert.equal(fiber(body(() => Fiber.current.raise("method"))).resume(), "method");
  assert.equal(fiber(body(() => Fiber.raise(Fiber.current, "op"))).resume(), "op");
  assert.equal((thrown(() => Fiber.root.raise("root")) as Error).message, "root");
});

each("29 into a fiber that is resuming others it goes to the deepest of them", ({ fiber }) => {
  const deepest = fiber({
    steps: [() => outer.raise("from inside")],
    rescue: [(error) => `deepest rescued ${error.message}`],
  });
  const middle = fiber([() => Fiber.resume(deepest)]);
  const outer: AnyFiber = fiber([() => Fiber.resume(middle)]);
  assert.equal(outer.resume(), "deepest rescued from inside");
});

each("29 the deepest may itself wait, having left by transfer", ({ fiber }) => {
  const away: AnyFiber = fiber([() => Fiber.raise(outer, "to the deepest"), (got) => got]);
  const deepest = fiber({
    steps: [() => Fiber.transfer(away)],
    rescue: [(error) => error.message],
  });
  const outer: AnyFiber = fiber([() => Fiber.resume(deepest)]);
  assert.equal(outer.resume(), "to the deepest");
  assert.equal(away.alive, true);
});

each(
  "29 a fiber that left by transfer gets it by transfer: its end surfaces in the chain",
  ({ fiber }) => {
    const f = fiber({
      steps: [() => Fiber.transfer(Fiber.root)],
      rescue: [(error) => error.message],
    });
    f.transfer();
    assert.equal(f.raise("by transfer"), "by transfer");
  },
);

each("29 a terminated fiber refuses it", ({ fiber }) => {
  const f = fiber([]);
  f.resume();
  refused("attempt to resume a terminated fiber", () => f.raise("x"), "terminated");
  const op = fiber([() => Fiber.raise(f, "x")]);
  refused("attempt to resume a terminated fiber", () => op.resume(), "terminated");
});

each("30 afterwards control is in the caller, not in the fiber's former resumer", (kit) => {
  const inner = kit.fiber({ steps: [() => Fiber.yield("waits")], rescue: [() => "rescued"] });
  const former = kit.fiber([
    () => Fiber.resume(inner),
    () => Fiber.yield("former"),
    () => assert.fail(),
  ]);
  assert.equal(former.resume(), "former");
  const caller = kit.fiber([() => Fiber.raise(inner, "x"), (got) => `caller got ${got}`]);
  assert.equal(caller.resume(), "caller got rescued");
  assert.equal(former.status, "suspended");
});

test("31 a foreign fiber refuses a raise (see 12); a value that is not a fiber is a TypeError", () => {
  for (const wrong of [undefined, null, {}, function* () {}]) {
    for (const verb of ["resume", "transfer", "raise", "kill"] as const) {
      const f = new Fiber(function* () {
        yield* ops[verb](wrong);
      });
      assert.throws(() => f.resume(), /^TypeError: expected a fiber/);
    }
  }
});

test("32 a routine has nowhere else to jump: return ends it, and there is no break out of it", () => {
  const f = new Fiber(function* () {
    for (;;) {
      yield* Fiber.yield("in the loop");
      return "out of the body";
    }
  });
  assert.deepEqual([f.resume(), f.resume()], ["in the loop", "out of the body"]);
});

test("FiberError is an Error with a name and a code", () => {
  const error = thrown(() => Fiber.root.resume());
  assert.ok(error instanceof FiberError && error instanceof Error);
  assert.equal(error.name, "FiberError");
  assert.equal(error.code, "current");
  assert.match(String(error.stack), /^FiberError: attempt to resume the current fiber/);
});
