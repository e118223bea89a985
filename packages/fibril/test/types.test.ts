/**
 * What the compiler infers, and what it refuses. Every `@ts-expect-error` fails the build when the
 * line below it compiles; `exactly` fails it when two types differ. The bodies run too, where a
 * refused line is not in the way.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, Fiber, type Op, type Routine, routine } from "fibril";

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Compiles when A and B are one type. */
function exactly<A, B>(..._same: Same<A, B> extends true ? [] : [never]): void {}

test("parameters, yields, receives and result are read off the routine", () => {
  const f = new Fiber(function* (n: number, text: string) {
    const got = yield* Fiber.yield<boolean, number>(n);
    exactly<typeof got, boolean>();
    return text;
  });
  exactly<typeof f, Fiber<[n: number, text: string], number, boolean, string>>();
  const first = f.resume(1, "text");
  exactly<typeof first, number | string>();
  assert.equal(first, 1);
  assert.equal(f.resume(true), "text");
  // @ts-expect-error neither the parameters nor what a yield receives
  const wrong = () => f.resume("x");
  assert.throws(wrong);
});

test("several yields of different types are a union", () => {
  const f = new Fiber(function* () {
    yield* Fiber.yield(1);
    yield* Fiber.yield("a");
    yield* helper();
  });
  function* helper() {
    yield* Fiber.yield({ a: 1 });
  }
  exactly<typeof f, Fiber<[], number | string | { a: number }, unknown, void>>();
  assert.deepEqual([...f.values()], [1, "a", { a: 1 }]);
});

test("a type argument of Fiber.yield says what it receives, and leaves what it yields as it is", () => {
  const f = new Fiber(function* (n: number) {
    const step = yield* Fiber.yield<number>(n);
    exactly<typeof step, number>();
    yield* Fiber.yield<number>("text");
    yield* Fiber.yield<number>(true);
  });
  exactly<typeof f, Fiber<[n: number], number | string | boolean, number, void>>();
  const kind = (of: "a" | "b") =>
    new Fiber(function* () {
      yield* Fiber.yield(of);
    });
  exactly<ReturnType<typeof kind>, Fiber<[], "a" | "b", unknown, void>>();
  const named = new Fiber(function* () {
    yield* Fiber.yield<number, { a: number }>({ a: 1 });
  });
  exactly<typeof named, Fiber<[], { a: number }, number, void>>();
  assert.equal(f.resume(1), 1);
});

test("a subclass has the constructor too", () => {
  class Worker extends Fiber {
    jobs = 0;
  }
  class Source<T> extends Fiber<[], T, unknown, void> {}
  const worker = new Worker(function* () {
    yield* Fiber.yield(1);
  });
  const source = new Source<number>(function* () {
    yield* Fiber.yield(1);
  });
  assert.equal(worker.jobs, 0);
  const first = source.resume();
  exactly<typeof first, number | void>();
  assert.ok(worker instanceof Fiber && source instanceof Fiber);
});

test("they can be declared instead", () => {
  const f = new Fiber<[start: number], number, number, string>(function* (start) {
    exactly<typeof start, number>();
    const step: number = yield* Fiber.yield<number>(start);
    return `${start + step}`;
  });
  assert.deepEqual([f.resume(1), f.resume(2)], [1, "3"]);
  const bad = () =>
    // @ts-expect-error yields a string where a number is declared
    new Fiber<[], number, never, void>(function* () {
      yield* Fiber.yield("text");
    });
  assert.ok(bad);
});

test("a fiber that declares what it receives must be given it", () => {
  const f = new Fiber(function* () {
    return yield* Fiber.yield<number>(0);
  });
  f.resume();
  // @ts-expect-error a number is received, not a string
  const wrong = () => f.resume("text");
  assert.equal(wrong(), "text");
});

test("a fiber that receives nothing can be resumed with nothing, before and after its start", () => {
  const f = new Fiber(function* (n: number) {
    yield* Fiber.yield(n);
  });
  f.resume(1);
  f.resume();
  // @ts-expect-error not before its start with the wrong parameter either
  const wrong = () => new Fiber(function* (_n: number) {}).resume("x");
  assert.ok(wrong);
});

test("routines carry parameters, yields and result through every call", () => {
  const inner = routine(function* (n: number) {
    const got = yield* Fiber.yield<string, number>(n);
    return got.length;
  });
  exactly<ReturnType<typeof inner>, Op<number, number, string>>();
  const f = new Fiber(function* () {
    const length = yield* inner(5);
    exactly<typeof length, number>();
    const again = yield* call(inner, 6);
    exactly<typeof again, number>();
    // @ts-expect-error the parameter is a number
    if (length < 0) yield* inner("x");
    return length + again;
  });
  exactly<typeof f, Fiber<[], number, string, number>>();
  assert.deepEqual([f.resume(), f.resume("four"), f.resume("seven!!")], [5, 6, 11]);
});

test("what several ops yield is a union; what they receive must be one type, such as a union", () => {
  type Got = { a: number } | { b: number };
  const f = new Fiber(function* () {
    yield* Fiber.yield<Got, "first">("first");
    yield* Fiber.yield<Got, "second">("second");
  });
  exactly<typeof f, Fiber<[], "first" | "second", Got, void>>();
  f.resume();
  assert.equal(f.resume({ b: 1 }), "second");
  function* mixed() {
    yield* Fiber.yield<{ a: number }>(1);
    yield* Fiber.yield<{ b: number }>(2);
  }
  // @ts-expect-error no resume could pass the right one
  assert.ok(new Fiber(mixed));
});

test("a recursive routine needs its return type, and then is typed like any other", () => {
  const sum = routine(function* (n: number): Routine<number, never, unknown> {
    return n === 0 ? 0 : n + (yield* sum(n - 1));
  });
  exactly<ReturnType<typeof sum>, Op<number, never, unknown>>();
  assert.equal(new Fiber(sum).resume(4), 10);
});

test("resuming another fiber results in what it yields or returns, and passes nothing of it on", () => {
  const f = new Fiber(function* () {
    const other = new Fiber(function* (n: number) {
      yield* Fiber.yield(`${n}`);
      return true;
    });
    const got = yield* Fiber.resume(other, 1);
    exactly<typeof got, string | boolean>();
    // @ts-expect-error the other's parameter is a number
    const wrong = () => Fiber.resume(other, "x");
    assert.ok(wrong);
    return got;
  });
  exactly<typeof f, Fiber<[], never, unknown, string | boolean>>();
  assert.equal(f.resume(), "1");
});

test("values() enumerates what is yielded", () => {
  const f = new Fiber(function* () {
    yield* Fiber.yield(1);
    return "result";
  });
  const values = [...f.values()];
  exactly<typeof values, number[]>();
  assert.deepEqual(values, [1]);
});

test("a value that is not an op is refused under yield*, and one that is not a routine in a fiber", () => {
  function* numbers() {
    yield 5;
  }
  function* letters() {
    yield* "text";
  }
  const wrong = [
    // @ts-expect-error no function
    () => new Fiber(5),
    // @ts-expect-error an async function
    () => new Fiber(async () => {}),
    // @ts-expect-error a function that returns nothing to run
    () => new Fiber(() => 5),
    // @ts-expect-error a generator of anything
    () => new Fiber(numbers),
    // @ts-expect-error a string is iterable, but no op
    () => new Fiber(letters),
    // @ts-expect-error the options
    () => new Fiber(function* () {}, { nmae: "typo" }),
    // @ts-expect-error no fiber
    () => Fiber.resume({}),
    // @ts-expect-error no error
    () => Fiber.root.raise(5),
    // @ts-expect-error no key
    () => Fiber.get(5),
    // @ts-expect-error nothing can be assigned
    () => (Fiber.root.alive = false),
  ];
  assert.equal(wrong.length, 10);
});
