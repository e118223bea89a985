/**
 * What the compiler infers of locks, and what it refuses. Every `@ts-expect-error` fails the build when
 * the line below it compiles; `exactly` fails it when two types differ.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Barrier,
  Condition,
  type Fiber,
  lazy,
  Mutex,
  Once,
  type Op,
  openPool,
  type Pool,
  type Routine,
  RwLock,
  Semaphore,
  sleep,
} from "fibril";
import { play } from "./support/manual-host.ts";

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Compiles when A and B are one type. */
function exactly<A, B>(..._same: Same<A, B> extends true ? [] : [never]): void {}

function* work(n: number, text: string): Routine<string> {
  yield* sleep(1);
  return text.repeat(n);
}

test("with infers the result of its routine, and checks the arguments", () => {
  play(function* () {
    const mutex = new Mutex({ name: "m" });
    const semaphore = new Semaphore(2);
    const lock = new RwLock();
    const condition = new Condition({ mutex });
    for (const owner of [mutex, lock.read, lock.write, condition]) {
      const op = owner.with(work, 2, "x");
      exactly<typeof op, Op<string>>();
      assert.equal(yield* op, "xx");
    }
    const permits = semaphore.withPermits(2, work, 2, "y");
    exactly<typeof permits, Op<string>>();
    assert.equal(yield* permits, "yy");
    const holder = mutex.holder;
    exactly<typeof holder, Fiber | undefined>();
    if (mutex.locked) {
      // @ts-expect-error: too few arguments
      mutex.with(work, 1);
      // @ts-expect-error: of the wrong type
      mutex.with(work, "1", "x");
      // @ts-expect-error: no routine
      mutex.with(42);
      // @ts-expect-error: no such option
      void new Mutex({ title: "m" });
      // @ts-expect-error: a semaphore has a limit
      void new Semaphore();
      // @ts-expect-error: what tryAcquire answers is no op
      yield* mutex.tryAcquire();
    }
    const place = yield* new Barrier(1).wait();
    exactly<typeof place, number>();
  });
});

test("a once and a pool know what they give", () => {
  play(function* () {
    const once = new Once(() => work(1, "a"));
    const text = yield* once.get();
    exactly<typeof text, string>();
    const known = once.tryGet();
    exactly<typeof known, string | undefined>();
    const answer = lazy(function* () {
      return 42;
    });
    exactly<typeof answer, () => Op<number>>();
    assert.equal(yield* answer(), 42);

    const pool = yield* openPool({
      limit: 1,
      *create() {
        yield* sleep(1);
        return { id: 1 };
      },
      *destroy(thing) {
        exactly<typeof thing, { id: number }>();
      },
    });
    exactly<typeof pool, Pool<{ id: number }>>();
    const result = yield* pool.with(function* ({ id }, by: number) {
      return id + by;
    }, 41);
    exactly<typeof result, number>();
    assert.equal(result, 42);
    const thing = pool.tryAcquire();
    exactly<typeof thing, { id: number } | undefined>();
    assert.ok(thing !== undefined);
    pool.release(thing);
    if (thing.id === 2) {
      // @ts-expect-error: not what it lends
      pool.release({ name: "x" });
      // @ts-expect-error: a pool has a limit
      openPool({ create: () => work(1, "x") });
    }
  });
});
