/** A million fibers deep, a million frames deep: the heap is the limit, never the native stack. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Fiber, type Routine, routine } from "fibril";
import { type FrameRoutine, frames, KILL, perform, RAISE, RETURN, START } from "fibril/frames";
import type { AnyFiber } from "./support/body.ts";
import { thrown } from "./support/expect.ts";

const MILLION = 1_000_000;

/** A chain of fibers, each resuming the next; the last does `end`. */
function chain(depth: number, end: () => Routine<unknown>): AnyFiber[] {
  const fibers: AnyFiber[] = [];
  function* link(index: number): Routine<unknown> {
    const next = fibers[index + 1];
    return next === undefined ? yield* end() : yield* Fiber.resume(next, index + 1);
  }
  for (let i = 0; i < depth; i++) fibers.push(new Fiber(link));
  return fibers;
}

test("a chain of a million resumes carries a result back", () => {
  const fibers = chain(MILLION, function* () {
    return "from the end";
  });
  assert.equal(fibers[0]?.resume(0), "from the end");
  assert.ok(fibers.every((f) => !f.alive));
});

test("a chain of a million resumes carries an error back, once rescued in the middle", () => {
  const error = new Error("from the end");
  const fibers = chain(MILLION, function* () {
    throw error;
  });
  const [first, middle] = [fibers[0] as AnyFiber, MILLION / 2];
  fibers[middle] = new Fiber(function* (index: number): Routine<unknown> {
    try {
      return yield* Fiber.resume(fibers[index + 1] as AnyFiber, index + 1);
    } catch (caught) {
      return caught === error ? "rescued in the middle" : caught;
    }
  });
  assert.equal(first.resume(0), "rescued in the middle");
});

test("from a million deep, a transfer's end still finds the end of the chain", () => {
  const outside = new Fiber(function* () {
    return "outside";
  });
  const fibers = chain(MILLION, function* () {
    return yield* Fiber.transfer(outside);
  });
  assert.equal(fibers[0]?.resume(0), "outside");
});

test("killing the first of a hundred thousand that resume each other ends them all", () => {
  const depth = 100_000;
  const fibers = chain(depth, function* () {
    return yield* Fiber.kill(fibers[0] as AnyFiber);
  });
  assert.equal(fibers[0]?.resume(0), undefined);
  assert.ok(fibers.every((f) => !f.alive));
});

const deep = routine("deep", function* (n: number): Routine<number, string> {
  if (n === 0) {
    yield* Fiber.yield("at the bottom");
    return 0;
  }
  return 1 + (yield* deep(n - 1));
});

test("a recursion that is a million routines deep suspends, continues and returns", () => {
  const f = new Fiber(deep);
  assert.equal(f.resume(MILLION), "at the bottom");
  assert.equal(f.backtrace()?.length, MILLION + 1);
  assert.equal((f as AnyFiber).resume(), MILLION);
});

test("an error passes through a million routine frames", () => {
  const failing = routine("failing", function* (n: number): Routine<number> {
    if (n === 0) throw new Error("bottom");
    return 1 + (yield* failing(n - 1));
  });
  assert.equal((thrown(() => new Fiber(failing).resume(MILLION)) as Error).message, "bottom");
});

test("a raise and a kill reach the bottom of a hundred thousand frames and come back up", () => {
  let unwound = 0;
  const tidy = routine("tidy", function* (n: number): Routine<number> {
    try {
      if (n === 0) return yield* Fiber.yield<number>("waits");
      return 1 + (yield* tidy(n - 1));
    } finally {
      unwound++;
    }
  });
  const raised = new Fiber(tidy);
  raised.resume(100_000);
  assert.equal((thrown(() => raised.raise("down there")) as Error).message, "down there");
  assert.equal(unwound, 100_001);
  const killed = new Fiber(tidy);
  killed.resume(100_000);
  killed.kill();
  assert.deepEqual([unwound, killed.alive], [200_002, false]);
});

test("state machines recurse as deep", () => {
  const machine: FrameRoutine<[n: number], number, string, unknown> = frames(
    "machine",
    (frame, how, value) => {
      switch (how) {
        case START:
          if (frame.a === 0) return perform(Fiber.yield("at the bottom"));
          return perform(machine((frame.a as number) - 1));
        case RAISE:
          throw value;
        case RETURN:
          return KILL;
        default:
          return frame.a === 0 ? 0 : 1 + (value as number);
      }
    },
  );
  const f = new Fiber(machine) as AnyFiber;
  assert.equal(f.resume(MILLION), "at the bottom");
  assert.equal(f.resume(), MILLION);
});

test("a loop of calls in one routine holds nothing of the calls that have ended", () => {
  const one = routine("one", function* () {
    return 1;
  });
  const f = new Fiber(function* () {
    let sum = 0;
    for (let i = 0; i < 200_000; i++) sum += yield* one();
    yield* Fiber.yield(sum);
  });
  assert.equal(f.resume(), 200_000);
  assert.equal(f.backtrace()?.length, 1);
});

test("a million transfers around a ring return where they must", () => {
  const ring: AnyFiber[] = [];
  let left = MILLION;
  function* member(index: number): Routine<string> {
    const next = (index + 1) % 1000;
    while (left-- > 0) yield* Fiber.transfer(ring[next] as AnyFiber, next);
    return `ended by ${index}`;
  }
  for (let i = 0; i < 1000; i++) ring.push(new Fiber(member));
  assert.match(ring[0]?.transfer<string>(0) ?? "", /^ended by \d+$/);
});
