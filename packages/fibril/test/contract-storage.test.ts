/** Lines 39 to 47 of Ruby's Fiber contract: what a fiber tells of itself, and its storage. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Fiber, type Routine, routine } from "fibril";
import { frames, perform } from "fibril/frames";
import { type AnyFiber, each } from "./support/body.ts";

each("39 alive until it has ended, and never started by asking", ({ fiber }) => {
  let ran = false;
  const f = fiber([() => (ran = true), () => assert.equal(f.alive, true), () => Fiber.yield()]);
  assert.deepEqual([f.alive, ran], [true, false]);
  f.resume();
  assert.equal(f.alive, true);
  f.resume();
  assert.deepEqual([f.alive, f.alive], [false, false]);
});

each(
  "40 the root is current in plain code, a fiber in its own; the root is always alive",
  ({ fiber }) => {
    assert.equal(Fiber.current, Fiber.root);
    const f = fiber([() => [Fiber.current, Fiber.root.alive]]);
    assert.deepEqual(f.resume(), [f, true]);
    assert.equal(Fiber.current, Fiber.root);
    assert.equal(Fiber.root.alive, true);
  },
);

each("40 after transfers it is whoever has control", ({ fiber }) => {
  const seen: unknown[] = [];
  const note = () => seen.push(Fiber.current);
  const second: AnyFiber = fiber([note, () => Fiber.transfer(first), note]);
  const first: AnyFiber = fiber([note, () => Fiber.transfer(second), note]);
  first.transfer();
  note();
  assert.deepEqual(seen, [first, second, first, Fiber.root]);
});

each("40 the root can be transferred to", ({ fiber }) => {
  const f = fiber([() => Fiber.transfer(Fiber.root, "to the root"), () => "end"]);
  assert.equal(f.transfer(), "to the root");
  assert.equal(Fiber.current, Fiber.root);
  assert.equal(f.transfer(), "end");
});

each("41 toString has Ruby's words, status the states", ({ fiber }) => {
  const told: string[] = [];
  const tell = (f: AnyFiber): number => told.push(`${String(f)} ${f.status}`);
  const child = fiber([() => tell(parent), () => tell(child), () => Fiber.yield()], {
    name: "child",
  });
  const parent: AnyFiber = fiber([() => Fiber.resume(child)], { name: "parent" });
  tell(parent);
  parent.resume();
  tell(child);
  tell(parent);
  tell(Fiber.root);
  assert.deepEqual(told, [
    "#<Fiber: parent (created)> created",
    "#<Fiber: parent (suspended by resuming)> resuming",
    "#<Fiber: child (resumed)> running",
    "#<Fiber: child (suspended)> suspended",
    "#<Fiber: parent (terminated)> terminated",
    "#<Fiber: root (resumed)> running",
  ]);
});

each("41 entered by transfer, the words are the same", ({ fiber }) => {
  const f: AnyFiber = fiber([() => Fiber.transfer(Fiber.root, String(f))], { name: "f" });
  assert.equal(f.transfer(), "#<Fiber: f (resumed)>");
  assert.equal(String(f), "#<Fiber: f (suspended)>");
});

test("41 the name is the routine's, or the one that was given, or anonymous", () => {
  assert.equal(new Fiber(function* worker() {}).name, "worker");
  assert.equal(new Fiber(function* worker() {}, { name: "mine" }).name, "mine");
  assert.equal(new Fiber((() => function* () {})()).name, "anonymous");
  assert.equal(new Fiber(routine("wrapped", function* () {})).name, "wrapped");
  assert.equal(new Fiber(frames<[], void>("machine", () => undefined)).name, "machine");
});

test("41 a host prints a fiber as toString has it", () => {
  assert.equal(inspect(new Fiber(function* worker() {})), "#<Fiber: worker (created)>");
});

test("42 the backtrace is empty before the start and undefined after the end", () => {
  const f = new Fiber(function* () {
    yield* Fiber.yield();
  });
  assert.deepEqual(f.backtrace(), []);
  f.resume();
  assert.equal(f.backtrace()?.length, 1);
  f.resume();
  assert.equal(f.backtrace(), undefined);
  assert.deepEqual(Fiber.root.backtrace(), []);
});

test("42 it names every frame, innermost first, of every kind; a start and a count cut it", () => {
  const machine = frames<[], unknown>("machine", (frame, how, value) => {
    if (how === 2) throw value;
    if (how === 3) return undefined;
    return frame.pc++ === 0 ? perform(Fiber.yield()) : value;
  });
  const inner = routine("inner", function* () {
    yield* machine();
  });
  const outer = routine(function* outer() {
    yield* inner();
  });
  const f = new Fiber(
    function* main() {
      yield* outer();
    },
    { name: "other" },
  );
  f.resume();
  assert.deepEqual(f.backtrace(), ["machine", "inner", "outer", "main"]);
  assert.deepEqual(f.backtrace(1, 2), ["inner", "outer"]);
  assert.deepEqual(f.backtrace(3), ["main"]);
  assert.deepEqual(f.backtrace(4), []);
  assert.equal(f.backtrace(5), undefined);
  assert.equal(f.backtrace(5, 1), undefined);
  assert.deepEqual(f.backtrace(5, 0), []);
  assert.deepEqual(f.backtrace(0, Infinity), f.backtrace(0, undefined));
});

each("42 a level and a size are whole numbers from 0, also for a fiber that has ended", (kit) => {
  const f = kit.fiber([() => Fiber.yield()]);
  for (let state = 0; state < 3; state++) {
    assert.throws(() => f.backtrace(-1), { name: "RangeError", message: "negative level (-1)" });
    assert.throws(() => f.backtrace(0, -1), { name: "RangeError", message: "negative size (-1)" });
    for (const wrong of [Number.NaN, 0.5, "1", null]) {
      assert.throws(() => f.backtrace(wrong as never), RangeError);
      assert.throws(() => f.backtrace(0, wrong as never), RangeError);
    }
    if (state < 2) f.resume();
  }
});

each(
  "43 a key is a string or a symbol; an unknown one gives undefined; undefined deletes",
  ({ fiber }) => {
    const key = Symbol("key");
    const f = fiber([
      () => {
        Fiber.set("a", 1);
        Fiber.set(key, 2);
        const before = [Fiber.get("a"), Fiber.get(key), Fiber.get("unknown")];
        Fiber.set("a", undefined);
        return [...before, Fiber.get("a"), Fiber.current.storage];
      },
    ]);
    assert.deepEqual(f.resume(), [1, 2, undefined, undefined, { [key]: 2 }]);
  },
);

test("43 any other key is a TypeError", () => {
  for (const key of [1, null, undefined, {}, true]) {
    const error = /^TypeError: wrong argument type .* \(expected a string or symbol\)$/;
    assert.throws(() => Fiber.get(key as never), error);
    assert.throws(() => Fiber.set(key as never, 1), error);
  }
});

each(
  "44 inherited by copy from the creator, at the creation; no write reaches another",
  ({ fiber }) => {
    const read = () => Fiber.get("a");
    const child = () => fiber([() => Fiber.set("a", "child's"), read]);
    const parent = fiber([
      () => {
        Fiber.set("a", "parent's");
        const early = fiber([read]);
        const writer = child();
        Fiber.set("a", "later");
        return [early.resume(), writer.resume(), fiber([read]).resume(), Fiber.get("a")];
      },
    ]);
    assert.deepEqual(parent.resume(), ["parent's", "child's", "later", "later"]);
  },
);

each("44 from who creates it, not from who resumes it", ({ fiber }) => {
  const creator = fiber([() => fiber([() => Fiber.get("who")])], { storage: { who: "creator" } });
  const child = creator.resume() as AnyFiber;
  const resumer = fiber([() => Fiber.resume(child)], { storage: { who: "resumer" } });
  assert.equal(resumer.resume(), "creator");
});

each("44 siblings that inherit are independent of each other", ({ fiber }) => {
  const parent = fiber(
    [
      () =>
        [1, 2, 3].map((n) =>
          fiber([() => Fiber.set("n", n), () => Fiber.yield(), () => Fiber.current.storage]),
        ),
    ],
    { storage: { n: 0, all: true } },
  );
  const siblings = parent.resume() as AnyFiber[];
  for (const sibling of siblings) sibling.resume();
  const seen = siblings.map((sibling) => sibling.resume());
  assert.deepEqual(
    seen,
    [1, 2, 3].map((n) => ({ n, all: true })),
  );
});

each(
  "45 storage is a copy; an assignment replaces it; both only for the current fiber",
  ({ fiber }) => {
    const f = fiber(
      [
        () => {
          const copy = Fiber.current.storage;
          copy["a"] = "written into the copy";
          const first = Fiber.get("a");
          Fiber.current.storage = { b: 2 };
          return [first, Fiber.current.storage];
        },
      ],
      { storage: { a: 1 } },
    );
    const other = fiber([]);
    const error = /^TypeError: Fiber storage can only be accessed from the Fiber it belongs to$/;
    assert.throws(() => other.storage, error);
    assert.throws(() => (other.storage = {}), error);
    assert.deepEqual(f.resume(), [1, { b: 2 }]);
  },
);

test("46 a storage is a plain object, not frozen; the caller's own is not kept", () => {
  const make = (storage: unknown) => () => new Fiber(function* () {}, { storage: storage as null });
  assert.throws(make(5), /^TypeError: storage must be a hash$/);
  for (const wrong of [[], () => {}, new Map([["a", 1]]), new Date(), new (class Own {})()]) {
    assert.throws(make(wrong), /^TypeError: storage must be a hash$/);
  }
  assert.throws(make(Object.freeze({})), /^TypeError: storage must not be frozen$/);
  const mine: Record<string, unknown> = { a: 1 };
  const f = new Fiber(
    function* () {
      Fiber.set("a", 2);
      return Fiber.current.storage;
    },
    { storage: mine },
  );
  mine["b"] = "too late";
  assert.deepEqual(f.resume(), { a: 2 });
  assert.deepEqual(mine, { a: 1, b: "too late" });
});

each("46 so is one that is assigned; null clears", ({ fiber }) => {
  const f = fiber(
    [
      () => {
        const assign = (storage: unknown) => () => (Fiber.current.storage = storage as null);
        assert.throws(assign(5), /^TypeError: storage must be a hash$/);
        assert.throws(assign(Object.freeze({})), /^TypeError: storage must not be frozen$/);
        const before = Fiber.current.storage;
        Fiber.current.storage = null;
        const bare = Object.assign(Object.create(null), { b: 2 }) as { b: number };
        const cleared = Fiber.current.storage;
        Fiber.current.storage = bare;
        return [before, cleared, Fiber.get("b")];
      },
    ],
    { storage: { a: 1 } },
  );
  assert.deepEqual(f.resume(), [{ a: 1 }, {}, 2]);
});

test("47 there are no fiber-locals beside storage: a variable of the routine is one", () => {
  function* counter(): Routine<void, number> {
    for (let local = 0; ; local++) yield* Fiber.yield(local);
  }
  const [a, b] = [new Fiber(counter), new Fiber(counter)];
  assert.deepEqual([a.resume(), a.resume(), b.resume(), a.resume()], [0, 1, 0, 2]);
});
