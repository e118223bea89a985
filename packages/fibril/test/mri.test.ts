/**
 * The behaviours that Ruby's own tests pin down and that carry over to JavaScript, written again for
 * Fibril: test/ruby/test_fiber.rb, bootstraptest/test_fiber.rb, test/fiber/test_storage.rb of MRI,
 * and core/fiber and library/fiber of ruby/spec. Cases that the contract suite has already are not
 * repeated.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Fiber } from "fibril";
import { type AnyFiber, each } from "./support/body.ts";
import { refused, thrown } from "./support/expect.ts";
import { CANNOT, collectGarbage } from "./support/garbage.ts";

each("test_normal: values go in and out, one and two at a time", ({ fiber }) => {
  const f = fiber([
    (value) => (assert.equal(value, "first"), Fiber.yield("one")),
    (value) => (assert.equal(value, "second"), Fiber.yield("two", 2)),
    (value) => (assert.deepEqual(value, ["third", 3]), "three"),
  ]);
  assert.equal(f.resume("first"), "one");
  assert.deepEqual(f.resume("second"), ["two", 2]);
  assert.equal(f.resume("third", 3), "three");
});

each("test_term: four nested fibers each return through the next", ({ fiber }) => {
  const nest = (left: number): AnyFiber =>
    fiber(left === 0 ? [() => "innermost"] : [() => Fiber.resume(nest(left - 1)), (got) => got]);
  assert.equal(nest(4).resume(), "innermost");
});

test("test_many_fibers: ten thousand live ones, and ten thousand run to their ends", () => {
  const live = Array.from(
    { length: 10_000 },
    () =>
      new Fiber(function* () {
        yield* Fiber.yield("live");
      }),
  );
  assert.ok(live.every((f) => f.resume() === "live"));
  assert.ok(live.every((f) => f.alive));
  for (let i = 0; i < 10_000; i++) {
    assert.equal(
      new Fiber(function* () {
        return i;
      }).resume(),
      i,
    );
  }
});

test("test_many_fibers: a collection while ten thousand are suspended loses nothing of them", (t) => {
  if (!collectGarbage()) return t.skip(CANNOT);
  const live = Array.from({ length: 10_000 }, (_, i) => {
    const f = new Fiber(function* () {
      const local = { i };
      yield* Fiber.yield(local);
      return local.i;
    });
    f.resume();
    return f;
  });
  collectGarbage();
  for (const [i, f] of live.entries()) {
    if (i % 2500 === 0) collectGarbage();
    assert.equal(f.resume(), i);
  }
});

test("test_mark_fiber: collections while fibers are enumerated lose no value", (t) => {
  if (!collectGarbage()) return t.skip(CANNOT);
  const enumerators = Array.from({ length: 10 }, (_, n) =>
    new Fiber(function* () {
      for (let i = 0; i < 5; i++) {
        collectGarbage();
        yield* Fiber.yield([{ n, i }]);
      }
    }).values(),
  );
  for (let i = 0; i < 5; i++) {
    for (const [n, values] of enumerators.entries()) {
      assert.deepEqual(values.next().value, [{ n, i }]);
      if (n % 5 === 0) collectGarbage();
    }
  }
});

each(
  "test_raise: an error raised into a fiber that rescues and yields gives what it yields",
  ({ fiber }) => {
    const f = fiber({
      steps: [() => Fiber.yield("waiting"), () => "not reached"],
      rescue: [(error) => Fiber.yield(`rescued ${error.message}`), () => "end"],
    });
    assert.equal(f.resume(), "waiting");
    assert.equal(f.raise("raised"), "rescued raised");
    assert.equal(f.resume(), "end");
    refused("attempt to resume a terminated fiber", () => f.resume());
  },
);

each(
  "test_raise_transferring_fiber: a raise reaches a fiber that left by transfer, and ends it",
  ({ fiber }) => {
    const root = Fiber.current;
    const f = fiber([() => Fiber.transfer(root, "left")]);
    assert.equal(f.transfer(), "left");
    assert.equal((thrown(() => f.raise("raised")) as Error).message, "raised");
    assert.equal(f.alive, false);
  },
);

each("test_transfer: two fibers pass control to each other, then back to the root", ({ fiber }) => {
  const trace: string[] = [];
  const root = Fiber.current;
  const note = (text: string) => trace.push(text);
  const ping: AnyFiber = fiber([
    () => (note("ping 1"), Fiber.transfer(pong, "from ping")),
    (got) => (note(`ping 2 ${got}`), Fiber.transfer(root, "done")),
  ]);
  const pong: AnyFiber = fiber([(got) => (note(`pong ${got}`), Fiber.transfer(ping, "from pong"))]);
  assert.equal(ping.transfer(), "done");
  assert.deepEqual(trace, ["ping 1", "pong from ping", "ping 2 from pong"]);
});

each(
  "test_terminate_transferred_fiber: ends surface in order in fa2's caller, r1 and the root",
  ({ fiber }) => {
    const order: string[] = [];
    const fa2 = fiber([() => order.push("fa2")]);
    const fa1 = fiber([() => Fiber.transfer(fa2), () => order.push("fa1")]);
    const r1 = fiber([() => Fiber.transfer(fa1), () => order.push("r1")]);
    const outer = fiber([() => Fiber.resume(r1), () => order.push("outer")]);
    outer.resume();
    order.push("root");
    assert.deepEqual(order, ["fa2", "r1", "outer", "root"]);
    assert.equal(fa1.alive, true);
  },
);

each("test_resume_self: a fiber that was entered by transfer cannot resume itself", ({ fiber }) => {
  const f: AnyFiber = fiber([() => Fiber.resume(f)]);
  refused("attempt to resume the current fiber", () => f.transfer());
});

each(
  "test_fiber_transfer_segv: resuming one's resumer, then transferring to oneself",
  ({ fiber }) => {
    const f1: AnyFiber = fiber([() => Fiber.resume(f2)]);
    const f2: AnyFiber = fiber([() => Fiber.resume(f1)]);
    assert.throws(() => f1.transfer(), /double resume|resuming fiber/);
    const own: AnyFiber = fiber([() => Fiber.transfer(own, "own"), (got) => got]);
    assert.equal(own.transfer(), "own");
  },
);

each("test_prohibit_transfer_to_resuming_fiber: three ways to be resuming", ({ fiber }) => {
  const root = Fiber.current;
  const text = "attempt to transfer to a resuming fiber";
  refused(text, () => fiber([() => Fiber.transfer(root)]).resume());
  const child = fiber([(to) => Fiber.transfer(to)]);
  refused(text, () => fiber([() => Fiber.resume(child, Fiber.current)]).resume());
  const other = fiber([(to) => Fiber.transfer(to)]);
  const first = fiber([() => Fiber.resume(other, Fiber.current)]);
  refused(text, () => first.transfer());
  refused("dead fiber called", () => first.transfer());
  refused("dead fiber called", () => other.transfer());
});

each("test_prohibit_transfer_to_yielding_fiber: not even after an error", ({ fiber }) => {
  const f = fiber({ steps: [() => assert.fail("x")], rescue: [() => Fiber.yield()] });
  f.resume();
  refused("attempt to transfer to a yielding fiber", () => f.transfer());
});

each("test_prohibit_resume_to_transferring_fiber: the root, and each other", ({ fiber }) => {
  const text = "attempt to resume a transferring fiber";
  const root = Fiber.current;
  const toRoot = fiber([() => Fiber.resume(root)]);
  refused(text, () => toRoot.transfer());
  const f1: AnyFiber = fiber([() => Fiber.transfer(f2)]);
  const f2: AnyFiber = fiber([() => Fiber.resume(f1)]);
  refused(text, () => f1.transfer());
});

test("bootstraptest: a hundred created, a thousand yielded and resumed twice", () => {
  const make = () =>
    new Fiber(function* () {
      yield* Fiber.yield(1);
      return 2;
    });
  Array.from({ length: 100 }, make);
  const yielded = Array.from({ length: 1_000 }, make);
  assert.equal(
    yielded.reduce((sum, f) => sum + f.resume(), 0),
    1_000,
  );
  assert.equal(
    yielded.reduce((sum, f) => sum + f.resume(), 0),
    2_000,
  );
});

each(
  "test_storage: an enumerating fiber inherits, and its writes do not come back",
  ({ fiber }) => {
    const outer = fiber(
      [
        () => {
          const items = fiber([() => Fiber.yield(Fiber.get("x")), () => Fiber.set("x", "inner")]);
          return [[...items.values()], Fiber.get("x")];
        },
      ],
      { storage: { x: "outer" } },
    );
    assert.deepEqual(outer.resume(), [["outer"], "outer"]);
  },
);

each("ruby/spec Fiber#resume: raising keeps the order of what each side sees", ({ fiber }) => {
  const seen: string[] = [];
  const f = fiber({
    steps: [() => (seen.push("in"), Fiber.yield())],
    rescue: [(error) => (seen.push(error.message), assert.fail("second"))],
    ensure: [() => seen.push("ensure")],
  });
  f.resume();
  seen.push("out");
  assert.equal((thrown(() => f.raise("first")) as Error).message, "second");
  assert.deepEqual(seen, ["in", "out", "first", "ensure"]);
});

each(
  "ruby/spec Fiber#alive?: false in an ensure's caller after an error, true inside it",
  ({ fiber }) => {
    let inside: boolean | undefined;
    const f: AnyFiber = fiber({
      steps: [() => assert.fail("x")],
      ensure: [() => (inside = f.alive)],
    });
    assert.throws(() => f.resume());
    assert.deepEqual([inside, f.alive], [true, false]);
  },
);

each(
  "ruby/spec Fiber.yield: an argument of the first resume is not what a yield receives",
  ({ fiber }) => {
    const f = fiber([() => Fiber.yield("a"), (got) => got]);
    assert.equal(f.resume("first"), "a");
    assert.equal(f.resume("second"), "second");
  },
);
