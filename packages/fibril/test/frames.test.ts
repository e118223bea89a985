/** The frame protocol, as the author of a frame sees it: `fibril/frames`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, Fiber, type Routine, routine, run, sleep, spawn, yieldNow } from "fibril";
import {
  type Code,
  DELIVER,
  Frame,
  type FrameRoutine,
  frames,
  type How,
  KILL,
  perform,
  performCall,
  performYield,
  RAISE,
  RETURN,
  START,
  SUSPEND,
} from "fibril/frames";
import type { AnyFiber } from "./support/body.ts";
import { refused, thrown } from "./support/expect.ts";

/** Notes every entry, yields twice, then ends. */
function noted(entries: [How, unknown][]): Code {
  return (frame, how, value) => {
    entries.push([how, value]);
    if (how === RAISE) throw value;
    if (how === RETURN) return KILL;
    return frame.pc++ < 2 ? perform(Fiber.yield(frame.pc)) : "end";
  };
}

test("a frame is entered by START once, then by DELIVER with each value", () => {
  const entries: [How, unknown][] = [];
  const f = new Fiber(frames("noted", noted(entries))) as AnyFiber;
  assert.deepEqual([f.resume("a"), f.resume("b"), f.resume("c")], [1, 2, "end"]);
  assert.deepEqual(entries, [
    [START, undefined],
    [DELIVER, "b"],
    [DELIVER, "c"],
  ]);
});

test("by RAISE with an error, by RETURN when its fiber is killed", () => {
  const raised: [How, unknown][] = [];
  const f = new Fiber(frames<[], unknown>("noted", noted(raised)));
  f.resume();
  const error = new Error("raised");
  assert.equal(
    thrown(() => f.raise(error)),
    error,
  );
  assert.deepEqual(raised, [
    [START, undefined],
    [RAISE, error],
  ]);

  const killed: [How, unknown][] = [];
  const g = new Fiber(frames<[], unknown>("noted", noted(killed)));
  g.resume();
  g.kill();
  assert.deepEqual(killed, [
    [START, undefined],
    [RETURN, KILL],
  ]);
  assert.equal(g.alive, false);
});

test("the first four arguments arrive in a to d, in a fiber and in a call", () => {
  const echo = frames<[number, number, number, number], unknown[]>("echo", (frame) => [
    frame.a,
    frame.b,
    frame.c,
    frame.d,
  ]);
  assert.deepEqual(new Fiber(echo).resume(1, 2, 3, 4), [1, 2, 3, 4]);
  const caller = new Fiber(function* () {
    return [yield* echo(1, 2, 3, 4), yield* call(echo, 5, 6, 7, 8)];
  });
  assert.deepEqual(caller.resume(), [
    [1, 2, 3, 4],
    [5, 6, 7, 8],
  ]);
});

test("generators and state machines call each other", () => {
  const inner = routine("inner", function* (n: number): Routine<number, number> {
    yield* Fiber.yield(n);
    return n * 2;
  });
  const middle = frames<[number], number, number, unknown>("middle", (frame, how, value) => {
    if (how === RAISE) throw value;
    if (how === RETURN) return KILL;
    return how === START ? perform(inner(frame.a as number)) : (value as number) + 1;
  });
  const f = new Fiber(function* () {
    return yield* middle(20);
  }) as AnyFiber;
  assert.deepEqual([f.resume(), f.resume()], [20, 41]);
});

test("a state machine catches what its callee throws, and goes on", () => {
  const failing = routine("failing", function* () {
    throw new Error("callee's");
  });
  const machine = frames<[], string>("machine", (_frame, how, value) => {
    if (how === START) return perform(failing());
    return how === RAISE ? `caught ${(value as Error).message}` : "not reached";
  });
  assert.equal(new Fiber(machine).resume(), "caught callee's");
});

test("a state machine that is unwound may run ops first, as a finally does", () => {
  const trace: string[] = [];
  const tidy = routine("tidy", function* () {
    trace.push("tidied");
  });
  const machine = frames<[], unknown>("machine", (frame, how) => {
    if (how === START) return perform(Fiber.yield());
    if (how === RETURN && frame.pc++ === 0) return perform(tidy());
    return KILL;
  });
  const f = new Fiber(function* outer() {
    try {
      yield* machine();
    } finally {
      trace.push("outer");
    }
  });
  f.resume();
  f.kill();
  assert.deepEqual([trace, f.alive], [["tidied", "outer"], false]);
});

test("one that answers a value instead of KILL ends the kill there: its caller goes on", () => {
  const trace: unknown[] = [];
  const machine = frames<[], string>("machine", (_frame, how) =>
    how === START ? perform(Fiber.yield()) : "swallowed",
  );
  const caller = routine("caller", function* () {
    trace.push(yield* machine());
  });
  const f = new Fiber(function* () {
    yield* caller();
    trace.push("goes on");
  });
  f.resume();
  f.kill();
  assert.deepEqual([trace, f.alive], [["swallowed", "goes on"], false]);
});

test("every frame has one shape, whatever its routine", () => {
  const frame = new Frame(() => undefined, 1);
  assert.deepEqual(Object.keys(frame), ["code", "pc", "a", "b", "c", "d"]);
  assert.equal(SUSPEND.done, false);
});

test("a routine may be any function that returns something iterable by yield*", () => {
  const arrow = new Fiber(() => Fiber.yield("an op alone"));
  assert.equal(arrow.resume(), "an op alone");
  assert.equal((arrow as AnyFiber).resume("its result"), "its result");

  /** What a compiler to older JavaScript makes of a generator: an object with next and return. */
  function handmade(): Iterable<never> & Iterator<unknown> {
    let inner: Iterator<unknown> | undefined;
    let closed = false;
    return {
      [Symbol.iterator]: () => handmade() as never,
      next(value?: unknown) {
        inner ??= (Fiber.yield("handmade") as unknown as Iterable<unknown>)[Symbol.iterator]();
        const result = (inner.next as (value: unknown) => IteratorResult<unknown>).call(
          inner,
          value,
        );
        return result.done === true ? { done: true, value: [result.value, closed] } : result;
      },
      return: () => ((closed = true), { done: true, value: undefined }),
    } as never;
  }
  const f = new Fiber(handmade as never) as AnyFiber;
  assert.equal(f.resume(), "handmade");
  assert.deepEqual(f.resume("delivered"), ["delivered", false]);
});

test("wrapping keeps the name, the length and this", () => {
  const object = {
    factor: 3,
    times: routine("times", function* (this: { factor: number }, n: number): Routine<number> {
      return n * this.factor;
    } as (n: number) => Routine<number>),
    // A function that gives a generator, as every function is that a compiler has made of a generator function.
    ordinary: routine("ordinary", function (this: { factor: number }, n: number): Routine<number> {
      const { factor } = this;
      return (function* () {
        return n * factor;
      })();
    } as (n: number) => Routine<number>),
  };
  assert.deepEqual([object.times.name, object.times.length], ["times", 1]);
  assert.equal(new Fiber(() => object.ordinary(5)).resume(), 15);
  const f = new Fiber(function* () {
    return yield* object.times(14);
  });
  assert.equal(f.resume(), 42);
});

test("performYield yields as the op does, and obeys the same rules", () => {
  const machine = frames<[], unknown>("machine", (frame, how, value) => {
    if (how === RAISE) throw value;
    return frame.pc++ === 0 ? performYield("out") : value;
  });
  const f = new Fiber(machine) as AnyFiber;
  assert.deepEqual([f.resume(), f.resume("in"), f.alive], ["out", "in", false]);
  refused(/not resumed|yield/i, () => new Fiber(machine).transfer(), "not-resumed");
  const held = frames("held", () => {
    Fiber.yield();
    return performYield();
  });
  refused(/Fiber\.yield.*never run/, () => new Fiber(held).resume(), "op-not-run");
});

/** Calls `callee` by `performCall`; the outcome is its result. */
function calling(callee: FrameRoutine<any, any, any, any>, ...args: unknown[]): Code {
  return (_frame, how, value) => {
    if (how === RAISE) throw value;
    if (how === RETURN) return KILL;
    if (how === START) value = performCall(callee, ...args);
    return value === SUSPEND ? SUSPEND : `called: ${String(value)}`;
  };
}

test("performCall answers at once what ends at once, and throws what it throws", () => {
  const sum = frames<[number, number, number, number], number>(
    "sum",
    ({ a, b, c, d }) => (a as number) + (b as number) + (c as number) + (d as number),
  );
  assert.equal(new Fiber(frames("caller", calling(sum, 1, 2, 3, 4))).resume(), "called: 10");
  const failing = frames("failing", () => {
    throw new Error("callee's");
  });
  const catching = frames("catching", () => {
    try {
      return performCall(failing);
    } catch (error) {
      return `caught ${(error as Error).message}`;
    }
  });
  assert.equal(new Fiber(catching).resume(), "caught callee's");
  const forgets = frames("forgets", () => {
    Fiber.yield();
  });
  refused(/never run/, () => new Fiber(frames("caller", calling(forgets))).resume(), "op-not-run");
});

test("where the callee suspends the caller does, and both stand on the frame stack", () => {
  const inner = frames("inner", (_frame, how, value) => {
    if (how === RAISE) throw value;
    return how === START ? performYield("out") : how === RETURN ? KILL : value;
  });
  const middle = frames("middle", calling(inner));
  const make = () => new Fiber(frames("outer", calling(middle))) as AnyFiber;
  const f = make();
  assert.equal(f.resume(), "out");
  assert.deepEqual(f.backtrace(), ["inner", "middle", "outer"]);
  assert.equal(f.resume("in"), "called: called: in");

  const raised = make();
  raised.resume();
  assert.match(String(thrown(() => raised.raise("through all"))), /through all/);
  const killed = make();
  killed.resume();
  killed.kill();
  assert.deepEqual([raised.alive, killed.alive], [false, false]);
});

test("a recursion by performCall is as deep as memory, and its errors pass through all of it", () => {
  const deep: FrameRoutine<[number], number, any, any> = frames("deep", (frame, how, value) => {
    if (how === RAISE) throw value;
    const n = frame.a as number;
    if (n === 0) return 0;
    if (n < 0) throw new Error("too deep");
    if (how === START) value = performCall(deep, n === 50 ? -1 : n - 1);
    return value === SUSPEND ? SUSPEND : (value as number) + 1;
  });
  assert.equal((thrown(() => new Fiber(deep).resume(20_000)) as Error).message, "too deep");
  assert.equal(new Fiber(deep).resume(49), 49);
  const sum: FrameRoutine<[number], number, any, any> = frames("sum", (frame, how, value) => {
    if (how === RAISE) throw value;
    if (frame.a === 0) return 0;
    if (how === START) value = performCall(sum, (frame.a as number) - 1);
    return value === SUSPEND ? SUSPEND : (value as number) + 1;
  });
  assert.equal(new Fiber(sum).resume(100_000), 100_000);
});

test("a callee that answers KILL unwinds its caller", () => {
  const trace: string[] = [];
  const callee = frames("callee", () => KILL);
  const f = new Fiber(function* () {
    try {
      yield* frames("caller", (_frame, how) => {
        if (how === RETURN) return (trace.push("caller unwinds"), KILL);
        return performCall(callee);
      })();
      trace.push("went on");
    } finally {
      trace.push("outer ensures");
    }
  });
  f.resume();
  assert.deepEqual([trace, f.alive], [["caller unwinds", "outer ensures"], false]);
});

/** A machine of two yields whose slots are `a` to `c`, as a compiler marks it. */
function fitting(code: Code): any {
  return Object.defineProperty(frames("fitting", code), "fits", { value: true });
}

const adds: Code = (frame, how, value) => {
  if (how === RAISE) throw value;
  if (how === RETURN) return KILL;
  if (how === DELIVER) frame.c = [frame.c, value];
  if (frame.pc++ < 2) return performYield([frame.a, frame.b, frame.c]);
  return frame === (Fiber.current as unknown) ? "inside its fiber" : "in a frame";
};

test("code that fits is entered with its fiber as frame, and the arguments arrive in its slots", () => {
  const f = new Fiber(fitting(adds)) as AnyFiber;
  assert.deepEqual(f.resume(1, 2, 3, 4), [1, 2, 3]);
  assert.deepEqual(f.backtrace(), ["fitting"]);
  assert.deepEqual(f.resume("x"), [1, 2, [3, "x"]]);
  assert.equal(f.resume(), "inside its fiber");
  assert.equal(f.alive, false);
  const { a, b, c } = f as any;
  assert.deepEqual([a, b, c], [undefined, undefined, undefined], "an ended fiber keeps nothing");
});

test("it is raised in, killed, named and given storage like any other fiber", () => {
  const raised = new Fiber(fitting(adds), { name: "mine", storage: { k: 1 } }) as AnyFiber;
  raised.resume();
  assert.equal(raised.name, "mine");
  const error = new Error("raised");
  assert.equal(
    thrown(() => raised.raise(error)),
    error,
  );
  const killed = new Fiber(fitting(adds)) as AnyFiber;
  killed.resume();
  assert.equal(killed.kill(), killed);
  assert.ok(killed instanceof Fiber);
  assert.equal(Object.getPrototypeOf(killed), Fiber.prototype);
});

test("code that fits is called with a frame, calls others, and a subclass of Fiber has frames", () => {
  const inner = fitting(adds);
  const outer = fitting((frame, how, value) => {
    if (how === RAISE) throw value;
    if (how === RETURN) return KILL;
    if (how === START) value = performCall(inner, frame.a);
    return value === SUSPEND ? SUSPEND : `called ${String(value)}`;
  });
  const f = new Fiber(outer) as AnyFiber;
  assert.deepEqual(f.resume(7), [7, undefined, undefined]);
  assert.deepEqual(f.backtrace(), ["fitting", "fitting"]);
  f.resume();
  assert.equal(f.resume(), "called in a frame");

  class Own extends Fiber {}
  const g = new Own(inner) as AnyFiber;
  g.resume();
  g.resume();
  assert.equal(g.resume(), "in a frame");
  assert.ok(g instanceof Own);
});

test("a task whose code fits is its own frame too, and is joined, killed and cancelled", async () => {
  const waits = fitting((frame, how, value) => {
    if (how === RAISE) throw value;
    if (how === RETURN) return KILL;
    if (frame.pc++ === 0) return perform(sleep(0));
    return [frame === (Fiber.current as unknown), frame.a, frame.b];
  });
  await run(function* (): Routine<void> {
    assert.deepEqual(yield* spawn(waits, "a", "b"), [true, "a", "b"]);
    const child = spawn(waits);
    yield* yieldNow();
    yield* child.cancel();
    assert.equal(child.outcome?.ending, "cancelled");
    const never = spawn(waits);
    never.kill();
    yield* yieldNow();
    assert.equal(never.outcome?.ending, "killed");
  });
});
