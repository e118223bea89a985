/** Lines 33 to 38 of Ruby's Fiber contract: kill. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Fiber, routine } from "fibril";
import { type AnyFiber, each } from "./support/body.ts";
import { refused, thrown } from "./support/expect.ts";

each("33 a created fiber ends without running", ({ fiber }) => {
  let ran = false;
  const f = fiber({ steps: [() => (ran = true)], ensure: [() => (ran = true)] });
  assert.equal(f.kill(), f);
  assert.deepEqual([ran, f.alive, f.status], [false, false, "terminated"]);
  const g = fiber([() => (ran = true)]);
  assert.equal(fiber([() => Fiber.kill(g)]).resume(), g);
  assert.equal(ran, false);
});

each(
  "33 killing a terminated fiber does nothing and answers it; a second kill answers false",
  ({ fiber }) => {
    const f = fiber([]);
    f.resume();
    assert.equal(f.kill(), f);
    assert.equal(f.kill(), false);
    const g = fiber([]);
    const killer = fiber([() => Fiber.kill(g), (first) => [first, g.kill()]]);
    assert.deepEqual(killer.resume(), [g, false]);
    assert.equal(fiber([() => Fiber.kill(g)]).resume(), false);
  },
);

each("34 a suspended fiber runs its ensure, never its rescue; the killer goes on", ({ fiber }) => {
  const trace: string[] = [];
  const body = {
    steps: [() => Fiber.yield(), () => trace.push("went on")],
    rescue: [() => trace.push("rescued")],
    ensure: [() => trace.push("ensured")],
  };
  const f = fiber(body);
  f.resume();
  assert.equal(f.kill(), f);
  const g = fiber(body);
  g.resume();
  assert.equal(fiber([() => Fiber.kill(g), (got) => (trace.push("killer"), got)]).resume(), g);
  assert.deepEqual(trace, ["ensured", "ensured", "killer"]);
  assert.deepEqual([f.alive, g.alive], [false, false]);
});

each("34 so does one that left by transfer", ({ fiber }) => {
  const trace: string[] = [];
  const f = fiber({
    steps: [() => Fiber.transfer(Fiber.root)],
    ensure: [() => trace.push("ensured")],
  });
  f.transfer();
  assert.equal(f.kill(), f);
  assert.deepEqual([trace, f.alive], [["ensured"], false]);
});

each("34 every frame is unwound, innermost first", ({ fiber, routine: make }) => {
  const trace: string[] = [];
  const level = (n: number): ReturnType<typeof make> =>
    make({
      steps: [() => (n === 0 ? Fiber.yield() : routine(`level${n - 1}`, level(n - 1))())],
      ensure: [() => trace.push(`ensured ${n}`)],
    });
  const f = new Fiber(level(3));
  f.resume();
  f.kill();
  assert.deepEqual(trace, ["ensured 0", "ensured 1", "ensured 2", "ensured 3"]);
  assert.equal(fiber([]).alive, true);
});

each("34 an error in ensure replaces the kill and goes to the killer", ({ fiber }) => {
  const f = fiber({ steps: [() => Fiber.yield()], ensure: [() => assert.fail("in ensure")] });
  f.resume();
  assert.equal((thrown(() => f.kill()) as Error).message, "in ensure");
  assert.deepEqual([f.alive, f.kill()], [false, false]);
});

each(
  "35 a fiber that kills itself unwinds there; its resumer gets undefined and no error",
  ({ fiber }) => {
    const trace: string[] = [];
    const f = fiber({
      steps: [() => Fiber.kill(Fiber.current), () => trace.push("went on")],
      rescue: [() => trace.push("rescued")],
      ensure: [() => trace.push("ensured")],
    });
    assert.equal(f.resume(), undefined);
    assert.deepEqual([trace, f.alive], [["ensured"], false]);
  },
);

each("35 by method a running fiber cannot unwind its own native frames", ({ fiber }) => {
  const f = fiber([() => Fiber.current.kill()]);
  refused(/use yield\* Fiber\.kill\(fiber\)/, () => f.resume(), "kill-current");
});

each("35 the root cannot be killed", ({ fiber }) => {
  refused(/cannot be killed/, () => Fiber.root.kill(), "kill-root");
  refused(/cannot be killed/, () => fiber([() => Fiber.kill(Fiber.root)]).resume(), "kill-root");
});

each(
  "36 killed from a descendant: the deepest gets an error, and the kill wins when control is back",
  ({ fiber }) => {
    const trace: string[] = [];
    const child = fiber({
      steps: [() => Fiber.kill(parent)],
      rescue: [
        (error) => trace.push(`child: ${error.message}, parent alive: ${parent.alive}`),
        () => "child's result",
      ],
    });
    const parent: AnyFiber = fiber({
      steps: [() => Fiber.resume(child), () => trace.push("parent went on")],
      rescue: [() => trace.push("parent rescued")],
      ensure: [() => trace.push("parent ensured")],
    });
    assert.equal(parent.resume(), undefined);
    assert.deepEqual(trace, ["child: unhandled exception, parent alive: true", "parent ensured"]);
    assert.equal(parent.alive, false);
  },
);

each("36 the kill wins over an error too", ({ fiber }) => {
  const child: AnyFiber = fiber([() => Fiber.kill(parent)]);
  const parent: AnyFiber = fiber([() => Fiber.resume(child)]);
  assert.equal(parent.resume(), undefined);
  assert.deepEqual([child.alive, parent.alive], [false, false]);
});

each("36 from a fiber outside the chain", ({ fiber }) => {
  const trace: string[] = [];
  const outside = fiber([() => Fiber.kill(parent), (got) => trace.push(`killed ${got.name}`)]);
  const deepest = fiber({ steps: [() => Fiber.transfer(outside)], rescue: [() => "rescued"] });
  const parent: AnyFiber = fiber(
    { steps: [() => Fiber.resume(deepest)], ensure: [() => trace.push("ensured")] },
    { name: "parent" },
  );
  parent.resume();
  assert.deepEqual([trace, parent.alive, outside.alive], [["ensured"], false, true]);
});

each(
  "37 a yield in ensure suspends again; every later entry unwinds again, whatever it brings",
  ({ fiber }) => {
    const make = () => {
      const f = fiber({
        steps: [() => Fiber.yield("waits")],
        ensure: [() => Fiber.yield("ensuring"), () => assert.fail("unwound, not resumed")],
      });
      f.resume();
      assert.equal(f.kill(), f);
      assert.deepEqual([f.alive, f.status], [true, "suspended"]);
      return f;
    };
    const resumed = make();
    assert.equal(resumed.resume("value"), undefined);
    const raised = make();
    assert.equal(raised.raise("error"), undefined);
    const killed = make();
    assert.equal(killed.kill(), false);
    assert.equal(killed.alive, true);
    killed.resume();
    assert.deepEqual([resumed.alive, raised.alive, killed.alive], [false, false, false]);
  },
);

test("37 an op whose outcome needs no switch works in ensure", () => {
  const trace: unknown[] = [];
  const dead = new Fiber(function* () {});
  dead.resume();
  const f = new Fiber(function* () {
    try {
      yield* Fiber.yield();
    } finally {
      trace.push(yield* Fiber.kill(dead));
      trace.push(yield* Fiber.transfer(Fiber.current, "own"));
    }
  });
  f.resume();
  f.kill();
  assert.deepEqual(trace, [dead, "own"]);
  assert.equal(f.alive, false);
});

each("37 coming back from a resume in ensure is an entry too, and unwinds again", ({ fiber }) => {
  const trace: unknown[] = [];
  const ensure = (resume: () => unknown) =>
    fiber({ steps: [() => Fiber.yield()], ensure: [resume, () => trace.push("went on")] });
  const helper = () => fiber([() => trace.push("helped")]);
  const byOp = ensure(() => Fiber.resume(helper()));
  const byMethod = ensure(() => (helper().resume(), Fiber.yield("never passed")));
  for (const f of [byOp, byMethod]) {
    f.resume();
    assert.equal(f.kill(), f);
    assert.equal(f.alive, false);
  }
  assert.deepEqual(trace, ["helped", "helped"]);
});

each("38 a kill ends that fiber alone", ({ fiber }) => {
  const child = fiber([() => Fiber.yield(), () => "child's end"]);
  const f = fiber([() => Fiber.resume(child), () => Fiber.yield()]);
  f.resume();
  f.kill();
  assert.equal(child.alive, true);
  assert.equal(child.resume(), "child's end");
});

test("a routine called in the ensure of a killed fiber runs to its end, and the unwinding goes on", () => {
  const trace: string[] = [];
  const tidy = routine("tidy", function* () {
    trace.push("tidied");
    return "tidy's result";
  });
  const inner = routine("inner", function* () {
    try {
      yield* Fiber.yield();
    } finally {
      trace.push(yield* tidy());
    }
    trace.push("went on");
  });
  const f = new Fiber(function* () {
    try {
      yield* inner();
      trace.push("caller went on");
    } finally {
      trace.push("caller ensured");
    }
  });
  f.resume();
  f.kill();
  assert.deepEqual(trace, ["tidied", "tidy's result", "caller ensured"]);
  assert.equal(f.alive, false);
});

test("a return in finally swallows a kill, as JavaScript has it: the fiber ends with that result", () => {
  const f = new Fiber(function* () {
    try {
      yield* Fiber.yield();
    } finally {
      // oxlint-disable-next-line no-unsafe-finally -- the point
      return "swallowed";
    }
  });
  f.resume();
  assert.equal(f.kill(), f);
  assert.equal(f.alive, false);
});

each(
  "killed while its own synchronous call runs: the method returns, the next op unwinds",
  ({ fiber }) => {
    const trace: string[] = [];
    const child = fiber({ steps: [() => Fiber.kill(parent)], rescue: [() => "child's result"] });
    const parent: AnyFiber = fiber({
      steps: [
        () => trace.push(`method: ${child.resume()}`),
        () => (trace.push("before the op"), Fiber.yield("never passed")),
        () => trace.push("after the op"),
      ],
      ensure: [() => trace.push("ensured")],
    });
    assert.equal(parent.resume(), undefined);
    assert.deepEqual(trace, ["method: child's result", "before the op", "ensured"]);
    assert.equal(parent.alive, false);
  },
);
