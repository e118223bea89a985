/**
 * Lines 1 to 18 of Ruby's Fiber contract: construction, resume, yield. The numbers are the lines of
 * docs/ruby.md.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Fiber } from "fibril";
import { each, ops } from "./support/body.ts";
import { refused, thrown } from "./support/expect.ts";

each("1 new does not run the body", ({ fiber }) => {
  let ran = false;
  const f = fiber([() => (ran = true)]);
  assert.equal(ran, false);
  assert.equal(f.resume(), true);
  assert.equal(ran, true);
});

test("1 a routine is required", () => {
  assert.throws(() => new Fiber(undefined as never), TypeError);
  assert.throws(() => new Fiber({} as never), TypeError);
});

test("2 options that are no object are refused", () => {
  for (const wrong of [null, "name", 5]) {
    assert.throws(() => new Fiber(function* () {}, wrong as never), /^TypeError: the options of a/);
  }
});

each("1 a subclass makes instances of itself, and says so", ({ routine }) => {
  class Worker extends Fiber {
    extra = 7;
  }
  const worker = new Worker(routine([() => Fiber.current]), { name: "w" });
  assert.equal(String(worker), "#<Worker: w (created)>");
  assert.equal(worker.resume(), worker);
  assert.equal(worker.extra, 7);
});

each("2 the options: a name, and storage inherited, empty or given", ({ fiber }) => {
  const reads = [() => Fiber.current.storage];
  const parent = fiber(
    [
      () => [
        fiber(reads).resume(),
        fiber(reads, { storage: true }).resume(),
        fiber(reads, { storage: null }).resume(),
        fiber(reads, { storage: { b: 2 } }).resume(),
      ],
    ],
    { storage: { a: 1 } },
  );
  assert.deepEqual(parent.resume(), [{ a: 1 }, { a: 1 }, {}, { b: 2 }]);
  assert.equal(fiber([], { name: "n" }).name, "n");
});

each(
  "3 the first resume's arguments are the parameters, later ones the result of the yield",
  ({ fiber }) => {
    const f = fiber([(a, b) => Fiber.yield([a, b]), (got) => Fiber.yield(got), (got) => got]);
    assert.deepEqual(f.resume(1, 2), [1, 2]);
    assert.equal(f.resume("x"), "x");
    assert.equal(f.resume("y"), "y");
  },
);

each("3 missing parameters are undefined or their default, extras are dropped", ({ fiber }) => {
  assert.deepEqual(fiber([(a, b = "default") => [a, b]]).resume(), [undefined, "default"]);
  assert.deepEqual(fiber([(a) => [a]]).resume(1, 2, 3), [1]);
});

each("3 the first transfer's arguments are the parameters too", ({ fiber }) => {
  const f = fiber([(a, b) => Fiber.transfer(Fiber.root, a + b), (got) => got]);
  assert.equal(f.transfer(1, 2), 3);
  assert.equal(f.transfer("end"), "end");
});

each(
  "4 no value passes undefined, one itself, several an array: into a fiber and out of it",
  ({ fiber }) => {
    const outwards = fiber([() => Fiber.yield(), () => Fiber.yield(1), () => Fiber.yield(1, 2)]);
    assert.equal(outwards.resume(), undefined);
    assert.equal(outwards.resume(), 1);
    assert.deepEqual(outwards.resume(), [1, 2]);

    const got: unknown[] = [];
    const take = (value: unknown) => (got.push(value), Fiber.yield());
    const inwards = fiber([() => Fiber.yield(), take, take, take, take]);
    inwards.resume();
    inwards.resume();
    inwards.resume(1);
    inwards.resume([1]);
    inwards.resume(1, 2);
    assert.deepEqual(got, [undefined, 1, [1], [1, 2]]);
  },
);

each("4 a transfer packs its values the same way, by method and by op", ({ fiber }) => {
  const f = fiber([
    (...args) => Fiber.transfer(Fiber.root, args),
    (got) => Fiber.transfer(Fiber.root, got, "and"),
    (got) => Fiber.transfer(Fiber.root, got),
  ]);
  assert.deepEqual(f.transfer(1, 2), [1, 2]);
  assert.deepEqual(f.transfer(), [undefined, "and"]);
  assert.deepEqual(f.transfer(3, 4), [3, 4]);
});

each("5 the body's result is the result of the last resume, or the last transfer", ({ fiber }) => {
  const resumed = fiber([() => Fiber.yield("first"), () => "last"]);
  assert.deepEqual([resumed.resume(), resumed.resume()], ["first", "last"]);
  assert.equal(fiber([() => "only"]).transfer(), "only");
});

each("6 a raise into a fiber that has not started is refused, and runs nothing", ({ fiber }) => {
  let ran = false;
  const f = fiber([() => (ran = true)]);
  refused("cannot raise exception on unborn fiber", () => f.raise("x"), "unborn");
  assert.deepEqual([ran, f.status], [false, "created"]);
  f.resume();
  assert.equal(ran, true);
});

each("7 resuming a terminated fiber is refused, ended by return or by error", ({ fiber }) => {
  const returned = fiber([() => 1]);
  returned.resume();
  const failed = fiber([() => assert.fail("boom")]);
  assert.throws(() => failed.resume(), /boom/);
  for (const f of [returned, failed]) {
    refused("attempt to resume a terminated fiber", () => f.resume(), "terminated");
  }
});

each("8 a fiber cannot resume itself", ({ fiber }) => {
  const text = "attempt to resume the current fiber";
  const byMethod = fiber([() => Fiber.current.resume()]);
  refused(text, () => byMethod.resume(), "current");
  const byOp = fiber([() => Fiber.resume(Fiber.current)]);
  refused(text, () => byOp.resume(), "current");
  refused(text, () => Fiber.root.resume(), "current");
});

each("9 a fiber cannot resume its resumer", ({ fiber }) => {
  const text = "attempt to resume a resumed fiber (double resume)";
  const child = fiber([(parent) => Fiber.resume(parent)]);
  const parent = fiber([() => Fiber.resume(child, Fiber.current)]);
  refused(text, () => parent.resume(), "double-resume");
});

each(
  "9 a fiber that was resumed and transferred away cannot be resumed by its transfer's target",
  ({ fiber }) => {
    const target = fiber([(f) => Fiber.resume(f)]);
    const f = fiber([() => Fiber.transfer(target, Fiber.current)]);
    refused("attempt to resume a resumed fiber (double resume)", () => f.resume(), "double-resume");
  },
);

each("10 a fiber that was started by transfer and is resuming cannot be resumed", ({ fiber }) => {
  const child = fiber([(parent) => Fiber.resume(parent)]);
  const parent = fiber([() => Fiber.resume(child, Fiber.current)]);
  refused("attempt to resume a resuming fiber", () => parent.transfer(), "resuming");
});

each("10 the root, which is resuming, cannot be resumed", ({ fiber }) => {
  const f = fiber([() => Fiber.resume(Fiber.root)]);
  refused("attempt to resume a resuming fiber", () => f.resume(), "resuming");
});

each("11 a fiber that left by transfer cannot be resumed", ({ fiber }) => {
  const f = fiber([() => Fiber.transfer(Fiber.root), () => "end"]);
  f.transfer();
  refused("attempt to resume a transferring fiber", () => f.resume(), "transferring");
  assert.equal(f.transfer(), "end");
});

test("12 a fiber of another copy of the library is foreign, and stays usable at home", async () => {
  const other = (await import(
    new URL("index.js?another", import.meta.resolve("fibril")).href
  ).catch(() => undefined)) as typeof import("fibril") | undefined;
  assert.ok(other, "the host loads a module twice when its address has a query");
  if (other.Fiber === Fiber) return; // a host that shares the classes shares the fibers
  const foreign = new other.Fiber(function* () {
    return "home";
  });
  for (const verb of ["resume", "transfer", "raise", "kill"] as const) {
    const f = new Fiber(function* () {
      yield* ops[verb](foreign);
    });
    refused(/^fiber called across threads: /, () => f.resume(), "foreign");
  }
  assert.equal(foreign.resume(), "home");
});

test("12 a fiber of another realm is foreign, what only looks like one is a TypeError", async (t) => {
  if ("Bun" in globalThis || "Deno" in globalThis)
    return t.skip("the realms of Node are what is meant");
  const { createContext, runInContext } = await import("node:vm");
  const realm = createContext({});
  const foreign = runInContext('({ [Symbol.for("fibril.fiber")]: true })', realm) as Fiber;
  const plain = runInContext("({})", realm) as Fiber;
  for (const verb of ["resume", "transfer", "raise", "kill"] as const) {
    const f = new Fiber(function* () {
      yield* ops[verb](foreign);
    });
    refused(/^fiber called across threads: /, () => f.resume(), "foreign");
    const g = new Fiber(function* () {
      yield* ops[verb](plain);
    });
    assert.throws(() => g.resume(), TypeError);
  }
});

each("13 a nested resume comes back to the nearest resumer, four deep", ({ fiber }) => {
  const trace: string[] = [];
  const level = (n: number): ReturnType<typeof fiber> =>
    fiber([
      () => trace.push(`in ${n}`),
      () => (n < 4 ? Fiber.resume(level(n + 1)) : "deepest"),
      (got) => (trace.push(`out ${n}`), got),
    ]);
  assert.equal(level(1).resume(), "deepest");
  assert.deepEqual(trace, ["in 1", "in 2", "in 3", "in 4", "out 4", "out 3", "out 2", "out 1"]);
});

each("14 a yield goes to the resumer; then another fiber may resume the yielder", ({ fiber }) => {
  const f = fiber([
    () => Fiber.yield("to the first"),
    () => Fiber.yield("to the second"),
    () => "to the root",
  ]);
  const first = fiber([() => Fiber.resume(f)]);
  const second = fiber([() => Fiber.resume(f)]);
  assert.equal(first.resume(), "to the first");
  assert.equal(second.resume(), "to the second");
  assert.equal(f.resume(), "to the root");
});

const NOT_RESUMED = "attempt to yield on a not resumed fiber";

test("15 the root cannot yield", () => {
  refused(NOT_RESUMED, () => Fiber.yield(1), "not-resumed");
});

each("15 a fiber started by transfer cannot yield", ({ fiber }) => {
  const f = fiber([() => Fiber.yield()]);
  refused(NOT_RESUMED, () => f.transfer(), "not-resumed");
});

each("15 a fiber transferred into while another was resumed cannot yield", ({ fiber }) => {
  const target = fiber([() => Fiber.yield()]);
  const f = fiber([() => Fiber.transfer(target)]);
  refused(NOT_RESUMED, () => f.resume(), "not-resumed");
});

each(
  "16 a fiber that was resumed, transferred out and back, may still yield to its resumer",
  ({ fiber }) => {
    const other = fiber([(f) => Fiber.transfer(f, "back")]);
    const f = fiber([
      () => Fiber.transfer(other, Fiber.current),
      (got) => Fiber.yield(got),
      () => "end",
    ]);
    assert.equal(f.resume(), "back");
    assert.equal(f.resume(), "end");
  },
);

each("17 an ensure runs when the body ends, not when it yields", ({ fiber }) => {
  let ensured = 0;
  const f = fiber({ steps: [() => Fiber.yield(), () => "end"], ensure: [() => ensured++] });
  f.resume();
  assert.equal(ensured, 0);
  assert.deepEqual([f.resume(), ensured], ["end", 1]);
});

each(
  "17 a yield in rescue and in ensure works; a rescued error does not come back",
  ({ fiber }) => {
    const f = fiber({
      steps: [() => assert.fail("rescued")],
      rescue: [(error) => Fiber.yield(error.message), () => "after"],
      ensure: [() => Fiber.yield("ensuring")],
    });
    assert.deepEqual([f.resume(), f.resume(), f.resume()], ["rescued", "ensuring", "after"]);
  },
);

each("17 an error that nobody rescues goes on after an ensure that yields", ({ fiber }) => {
  const f = fiber({ steps: [() => assert.fail("kept")], ensure: [() => Fiber.yield("ensuring")] });
  assert.equal(f.resume(), "ensuring");
  assert.equal((thrown(() => f.resume()) as Error).message, "kept");
  assert.equal(f.alive, false);
});

// 18, an abandoned fiber runs no ensure, needs a garbage collection: memory.test.ts
