/** What a fiber holds, and that an ended or forgotten one holds and is held by nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Fiber, type Routine, routine } from "fibril";
import { K } from "#core/kernel/registers";
import type { AnyFiber } from "./support/body.ts";
import { ALMOST_ALL, CANNOT, collected, collectGarbage } from "./support/garbage.ts";

for (const [how, end] of [
  ["returned", (f: AnyFiber) => void f.resume()],
  ["killed", (f: AnyFiber) => void f.kill()],
  ["ended by an error", (f: AnyFiber) => assert.throws(() => f.raise("x"))],
] as const) {
  test(`an ended fiber (${how}) keeps its routine for its name, nothing of what it ran with`, async (t) => {
    if (!collectGarbage()) return t.skip(CANNOT);
    const refs: WeakRef<object>[] = [];
    const fibers: AnyFiber[] = [];
    function* body(given: object): Routine<void> {
      const local = { given };
      yield* Fiber.yield(local);
      assert.ok(local);
    }
    for (let i = 0; i < 100; i++) {
      const held = { i };
      refs.push(new WeakRef(held));
      const f: AnyFiber = new Fiber(body, { storage: { held } });
      f.resume(held);
      end(f);
      fibers.push(f);
    }
    const gone = await collected(refs);
    assert.ok(gone >= ALMOST_ALL, `${gone} of 100 collected`);
    assert.equal(fibers.length, 100);
  });
}

test("18 an abandoned fiber is collected, and its finally does not run", async (t) => {
  if (!collectGarbage()) return t.skip(CANNOT);
  let ran = 0;
  const refs = Array.from({ length: 100 }, () => {
    const f = new Fiber(function* () {
      try {
        yield* Fiber.yield();
      } finally {
        ran++;
      }
    });
    f.resume();
    return new WeakRef(f);
  });
  const gone = await collected(refs);
  assert.ok(gone >= ALMOST_ALL, `${gone} of 100 collected`);
  assert.equal(ran, 0);
});

test("the kernel's registers keep nothing between switches", () => {
  const f: AnyFiber = new Fiber(function* (): Routine<void> {
    yield* Fiber.yield({});
    yield* Fiber.transfer(other, {});
  });
  const other: AnyFiber = new Fiber(function* (): Routine<void> {
    yield* routine("inner", function* () {})();
    yield* Fiber.transfer(f, {});
  });
  f.resume({});
  f.resume({});
  assert.deepEqual([K.value, K.frame, K.label, K.phase], [undefined, null, null, 0]);
  assert.deepEqual([K.current, K.base], [Fiber.root, Fiber.root]);
});

test("after a million fibers have ended nothing retains them", async (t) => {
  if (!collectGarbage()) return t.skip(CANNOT);
  function* body(n: number): Routine<number, number, number> {
    return n + (yield* Fiber.yield<number, number>(n));
  }
  const sampled: WeakRef<object>[] = [];
  let fibers: AnyFiber[] = [];
  for (let i = 0; i < 1_000_000; i++) {
    const f = new Fiber(body);
    assert.equal(f.resume(i), i);
    fibers.push(f);
    if (i % 10_000 === 0) sampled.push(new WeakRef(f));
  }
  for (const f of fibers) f.resume(1);
  assert.ok(fibers.every((f) => !f.alive));
  fibers = [];
  const gone = await collected(sampled);
  assert.ok(gone >= ALMOST_ALL, `${gone} of 100 sampled fibers collected`);
});

test("seventy thousand suspended fibers are alive at once, and all of them continue", () => {
  // Stacks of their own end at 31,744 fibers, or at 65,530 mappings.
  const live = Array.from({ length: 70_000 }, (_, i) => {
    const f = new Fiber(function* () {
      yield* Fiber.yield();
      return i;
    });
    f.resume();
    return f;
  });
  assert.ok(live.every((f) => f.alive));
  for (const [i, f] of live.entries()) assert.equal(f.resume(), i);
});

test("siblings share one storage until one of them writes", () => {
  const parent = new Fiber(
    function* () {
      return Array.from(
        { length: 1000 },
        (_, i) =>
          new Fiber(function* () {
            if (i === 500) Fiber.set("own", i);
            yield* Fiber.yield(Fiber.current);
          }),
      );
    },
    { storage: { shared: true } },
  );
  const siblings = parent.resume() as AnyFiber[];
  for (const sibling of siblings) sibling.resume();
  const storages = new Set(
    siblings.map((sibling) => (sibling as never as { _storage: object })._storage),
  );
  assert.equal(storages.size, 2);
});
