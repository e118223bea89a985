/** What the compiler infers of combinators and policies, and what it refuses. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  abortable,
  all,
  any,
  batches,
  Channel,
  CircuitBreaker,
  debounce,
  every,
  Fiber,
  FiberMap,
  type FiberOutcome,
  fixed,
  forEach,
  hedge,
  inCompletionOrder,
  loader,
  map,
  memoize,
  type Op,
  race,
  RateLimiter,
  retry,
  type Routine,
  run,
  scope,
  settled,
  sleep,
  spawn,
  type Spawned,
  type Supervisor,
  supervisor,
  throttle,
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

function* yieldsList(_keys: readonly number[]) {
  yield* Fiber.yield(1);
  return [1];
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

function* plain(): Routine<number> {
  yield* sleep(0);
  return 1;
}

function* taking(n: number): Routine<number> {
  yield* sleep(0);
  return n;
}

function* unsuspended() {
  return true;
}

function* failing(): Generator<never, never> {
  throw new Error("no");
}

function* untyped(): Generator<any, string, any> {
  yield* sleep(0);
  return "b";
}

const breaker = new CircuitBreaker({ failures: 5, reset: 1_000 });
const limiter = new RateLimiter({ limit: 1_000, per: 1 });

test("combinators take a routine of the plain type Routine<T>, and infer its result", async () => {
  await run(function* () {
    const list = yield* all([plain, plain(), () => taking(2), text]);
    exactly<typeof list, [number, number, number, string]>();
    const named = yield* all({ one: plain, two: text });
    exactly<typeof named, { one: number; two: string }>();
    const one = yield* race([plain, text]);
    exactly<typeof one, number | string>();
    const some = yield* any([plain]);
    exactly<typeof some, number>();
    const ends = yield* settled([plain, text]);
    exactly<typeof ends, [FiberOutcome<number>, FiberOutcome<string>]>();
    const mixed = yield* settled([unsuspended, failing, untyped, unsuspended()]);
    exactly<
      typeof mixed,
      [FiberOutcome<boolean>, FiberOutcome<never>, FiberOutcome<string>, FiberOutcome<boolean>]
    >();
    const either = yield* race([1, 2].map((n) => (n > 1 ? unsuspended : plain)));
    exactly<typeof either, boolean | number>();
    yield* inCompletionOrder([plain], function* (value): Routine {
      exactly<typeof value, number>();
    });
    const many = yield* map([1], taking, { concurrency: 1 });
    exactly<typeof many, number[]>();
    const sent = yield* map([1], taking, { concurrency: 1, into: new Channel<number>(1) });
    exactly<typeof sent, void>();
    yield* forEach([1], taking, { concurrency: 1 });
    yield* batches([1], { size: 1 }, function* (batch): Routine {
      exactly<typeof batch, number[]>();
    });
    assert.deepEqual(list, [1, 1, 2, "a"]);
  });
});

test("policies take a routine of the plain type Routine<T>, and infer its result", async () => {
  await run(function* () {
    const again = yield* retry(taking, fixed(1));
    exactly<typeof again, number>();
    const atOnce = yield* retry(unsuspended, fixed(1));
    exactly<typeof atOnce, boolean>();
    const some = yield* timeout(1_000, untyped);
    exactly<typeof some, string>();
    const hedged = yield* hedge(taking, { after: 1_000 });
    exactly<typeof hedged, number>();
    const timed = yield* timeout(1_000, taking, 3);
    exactly<typeof timed, number>();
    const waited = yield* timeout(1_000, plain());
    exactly<typeof waited, number>();
    const broken = yield* breaker.with(plain);
    exactly<typeof broken, number>();
    const limited = yield* limiter.with(plain);
    exactly<typeof limited, number>();
    const aborted = yield* abortable((_signal): Routine<number> => plain());
    exactly<typeof aborted, number>();
    const promised = yield* abortable(async (_signal) => 1);
    exactly<typeof promised, number>();
    const kept = memoize(taking);
    exactly<Parameters<typeof kept>, [n: number]>();
    exactly<ReturnType<typeof kept>, Op<number>>();
    const items = loader(function* (keys: readonly number[]): Routine<string[]> {
      return keys.map(String);
    });
    const item = yield* items.load(1);
    exactly<typeof item, string>();
    yield* every(() => null, plain);
    yield* scope(function* (block) {
      const later = debounce(block, 1, taking);
      exactly<Parameters<typeof later>, [n: number]>();
      const seldom = throttle(block, 1, taking);
      exactly<Parameters<typeof seldom>, [n: number]>();
      const fiber = new FiberMap<string>(block).spawn("k", taking, 2);
      exactly<typeof fiber, Spawned<number>>();
      yield* fiber;
    });
    const supervised = yield* supervisor({}, function* (children): Routine<number> {
      const child = children.start("one", taking, 1);
      exactly<typeof child, Spawned<number>>();
      return 5;
    });
    exactly<typeof supervised, number>();
  });
});

test("what yields values to a resumer is refused, because a task has none", async () => {
  await run(function* () {
    const wrong: readonly (() => unknown)[] = [
      // @ts-expect-error in a list
      () => all([plain, yields]),
      // @ts-expect-error a generator
      () => all([yields()]),
      // @ts-expect-error in an object
      () => all({ a: yields }),
      // @ts-expect-error
      () => race([yields]),
      // @ts-expect-error
      () => any([yields]),
      // @ts-expect-error
      () => settled([yields]),
      // @ts-expect-error
      () => inCompletionOrder([yields], plain),
      // @ts-expect-error nor the body
      () => inCompletionOrder([plain], yields),
      // @ts-expect-error
      () => map([1], yields, { concurrency: 1 }),
      // @ts-expect-error
      () => map([1], yields, { concurrency: 1, into: new Channel<void>(1) }),
      // @ts-expect-error
      () => forEach([1], yields, { concurrency: 1 }),
      // @ts-expect-error
      () => batches([1], { size: 1 }, yields),
      // @ts-expect-error
      () => retry(yields, fixed(1)),
      // @ts-expect-error
      () => hedge(yields, { after: 1 }),
      // @ts-expect-error
      () => timeout(1, yields),
      // @ts-expect-error a generator
      () => timeout(1, yields()),
      // @ts-expect-error
      () => breaker.with(yields),
      // @ts-expect-error
      () => limiter.with(yields),
      // @ts-expect-error
      () => abortable(yields),
      // @ts-expect-error
      () => memoize(yields),
      // @ts-expect-error
      () => loader(yieldsList),
      // @ts-expect-error
      () => every(1, yields),
      // @ts-expect-error
      () => every(() => null, yields),
      // @ts-expect-error
      () => debounce(undefined as never, 1, yields),
      // @ts-expect-error
      () => throttle(undefined as never, 1, yields),
      // @ts-expect-error
      () => new FiberMap(undefined as never).spawn("k", yields),
      // @ts-expect-error
      () => supervisor({}, yields),
      // @ts-expect-error
      () => (undefined as unknown as Supervisor).start("a", yields),
    ];
    assert.ok(wrong.length > 0);
  });
});
