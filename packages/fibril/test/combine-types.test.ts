/** What the compiler infers of combinators and policies, and what it refuses. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  all,
  any,
  Channel,
  debounce,
  Fiber,
  FiberMap,
  type FiberOutcome,
  forEach,
  hedge,
  inCompletionOrder,
  loader,
  map,
  memoize,
  type Op,
  race,
  retry,
  fixed,
  type Routine,
  run,
  scope,
  settled,
  sleep,
  spawn,
  supervisor,
  timeout,
} from "fibril";

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Compiles when A and B are one type. */
function exactly<A, B>(..._same: Same<A, B> extends true ? [] : [never]): void {}

function* number(): Routine<number, never> {
  return 1;
}

function* text(): Routine<string, never> {
  return "a";
}

test("the results of lists and objects are inferred, each in its place", async () => {
  await run(function* () {
    const fiber = spawn(number);
    const list = yield* all([number, text(), fiber, () => sleep(0)]);
    exactly<typeof list, [number, string, number, void]>();
    const named = yield* all({ n: number, t: text });
    exactly<typeof named, { n: number; t: string }>();
    const many = yield* all([1, 2].map((n) => () => timeout(10, double, n)));
    exactly<typeof many, number[]>();
    const first = yield* race([number, text]);
    exactly<typeof first, number | string>();
    const some = yield* any([number, text]);
    exactly<typeof some, number | string>();
    const ends = yield* settled([number, text]);
    exactly<typeof ends, [FiberOutcome<number>, FiberOutcome<string>]>();
    yield* inCompletionOrder([number, text], function* (value, index) {
      exactly<typeof value, number | string>();
      exactly<typeof index, number>();
    });
    assert.deepEqual(list, [1, "a", 1, undefined]);
  });
});

function* double(n: number): Routine<number, never> {
  return 2 * n;
}

test("items, results and arguments are inferred", async () => {
  await run(function* () {
    const doubled = yield* map([1, 2], double, { concurrency: 1 });
    exactly<typeof doubled, number[]>();
    async function* stream() {
      yield "a";
    }
    const lengths = yield* map(
      stream(),
      function* (item) {
        exactly<typeof item, string>();
        return item.length;
      },
      { concurrency: 1 },
    );
    exactly<typeof lengths, number[]>();
    const channel = new Channel<boolean>(1);
    channel.close();
    yield* forEach(
      channel,
      function* (item) {
        exactly<typeof item, boolean>();
      },
      { concurrency: 1 },
    );
    const out = new Channel<number>(5);
    const nothing = yield* map([1], double, { concurrency: 1, into: out });
    exactly<typeof nothing, void>();

    const again = yield* retry(text, fixed(1));
    exactly<typeof again, string>();
    const hedged = yield* hedge(text, { after: 1 });
    exactly<typeof hedged, string>();
    const kept = memoize(double);
    exactly<ReturnType<typeof kept>, Op<number>>();
    const items = loader(function* (keys: readonly number[]) {
      return keys.map((key) => (key > 5 ? new Error("no") : `${key}`));
    });
    const item = yield* items.load(1);
    exactly<typeof item, string>();
    yield* scope(function* (block) {
      const fiber = new FiberMap<string>(block).spawn("k", double, 2);
      assert.equal(yield* fiber, 4);
      const supervised = yield* supervisor({}, function* (children) {
        children.start("a", double, 1);
        return 5;
      });
      exactly<typeof supervised, number>();
    });
  });
});

function* yields() {
  yield* Fiber.yield(1);
}

const keyed = loader(function* (keys: readonly number[]) {
  return keys;
});

test("wrong use does not compile", async () => {
  await run(function* () {
    const wrong: readonly (() => unknown)[] = [
      // @ts-expect-error an op cannot be kept
      () => all([sleep(1)]),
      // @ts-expect-error nor in an object
      () => all({ a: sleep(1) }),
      // @ts-expect-error a number is no work
      () => all([1]),
      // @ts-expect-error a routine with a parameter needs its argument
      () => race([double]),
      // @ts-expect-error an async function is no routine
      () => all([async () => 1]),
      // @ts-expect-error it has to be told how many at once
      () => map([1], double, {}),
      // @ts-expect-error items of another type
      () => map(["a"], double, { concurrency: 1 }),
      // @ts-expect-error no such option
      () => forEach([1], double, { concurrency: 1, ordered: true }),
      // @ts-expect-error a channel of something else
      () => map([1], double, { concurrency: 1, into: new Channel<string>() }),
      // @ts-expect-error no schedule
      () => retry(number, 100),
      // @ts-expect-error an argument is missing
      () => timeout(1, double),
      // @ts-expect-error an argument of another type
      () => memoize(double)("a"),
      // @ts-expect-error a key of another type
      () => keyed.load("a"),
      // @ts-expect-error tasks have nobody to yield to
      () => all([yields]),
      // @ts-expect-error an argument is missing
      () => debounce(undefined as never, 1, double)(),
    ];
    assert.ok(wrong.length > 0);
  });
});

test("a routine of the plain type Routine<T> is taken everywhere", async () => {
  function* plain(): Routine<number> {
    yield* sleep(0);
    return 1;
  }
  function* taking(n: number): Routine<number> {
    yield* sleep(0);
    return n;
  }
  await run(function* () {
    const list = yield* all([plain, plain(), () => taking(2)]);
    exactly<typeof list, [number, number, number]>();
    const one = yield* race([plain]);
    exactly<typeof one, number>();
    const many = yield* map([1], taking, { concurrency: 1 });
    exactly<typeof many, number[]>();
    const again = yield* retry(plain, fixed(1));
    exactly<typeof again, number>();
    const hedged = yield* hedge(taking, { after: 1_000 });
    exactly<typeof hedged, number>();
    const timed = yield* timeout(1_000, taking, 3);
    exactly<typeof timed, number>();
    yield* supervisor({}, function* (children): Routine {
      children.start("one", taking, 1);
    });
  });
});
