/** Deadlines: what fires, when, in which order, and what is kept. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Timer, Timers } from "#core/ready/timers";
import { Random } from "./differential/random.ts";
import { ALMOST_ALL, CANNOT, collected, collectGarbage } from "./support/garbage.ts";

/** Records its name when it fires, then calls a given function. */
class Noting extends Timer {
  readonly name: string;
  readonly log: string[];
  readonly deed: () => void;

  constructor(name: string, log: string[], deed: () => void = () => {}) {
    super();
    this.name = name;
    this.log = log;
    this.deed = deed;
  }

  override fire(): void {
    this.log.push(this.name);
    this.deed();
  }
}

/** Timers, what has fired, and a way to make more. */
function clock(start = 0) {
  const timers = new Timers();
  const log: string[] = [];
  timers.advance(start);
  return {
    timers,
    /** What has fired since it was last asked for. */
    fired: () => log.splice(0).join(" "),
    timer: (name: string, deed?: () => void) => new Noting(name, log, deed),
    set: (name: string, at: number, deed?: () => void): Timer => {
      const timer = new Noting(name, log, deed);
      timers.add(timer, at);
      return timer;
    },
  };
}

/** Distances at, before and behind the edges of every level, up to 2^40 ticks. */
const DISTANCES: readonly number[] = Array.from({ length: 41 }, (_, power) => [
  2 ** power - 1,
  2 ** power,
  2 ** power + 1,
])
  .flat()
  .filter((distance) => distance > 0);
/** The beginning of time, and places where the low digits are about to overflow. */
const STARTS: readonly number[] = [
  0,
  31,
  1_000,
  32 ** 3 - 1,
  2 ** 30 - 1,
  2 ** 31 - 1,
  2 ** 45 + 77,
];

test("without timers there is no next one, and nothing fires", () => {
  const { timers } = clock();
  assert.equal(timers.next(), Infinity);
  assert.equal(timers.advance(1_000), 0);
  assert.equal(timers.size, 0);
});

test("a timer fires at its tick and not before, at every distance and from everywhere", () => {
  for (const start of STARTS) {
    for (const distance of DISTANCES) {
      const { timers, set, fired } = clock(start);
      const timer = set("a", start + distance);
      assert.equal(timer.at, start + distance);
      assert.equal(timers.next(), start + distance);
      assert.equal(timers.advance(start + distance - 1), 0);
      assert.equal(timers.size, 1);
      assert.equal(timers.advance(start + distance), 1, `${distance} after ${start}`);
      assert.equal(fired(), "a");
      assert.deepEqual([timers.size, timers.next()], [0, Infinity]);
    }
  }
});

test("timers fire in order of their deadlines, of one tick in order of their adding", () => {
  const { timers, set, fired } = clock();
  for (const [name, at] of Object.entries({ d: 50, a: 3, e: 50, b: 40, c: 40, f: 5_000 })) {
    set(name, at);
  }
  assert.equal(timers.advance(50), 5);
  assert.equal(fired(), "a b c d e");
  assert.equal(timers.advance(10_000), 1);
});

test("one jump over many deadlines fires them in order", () => {
  const { timers, set, fired } = clock();
  const random = new Random(1);
  const ats = Array.from({ length: 500 }, () => 1 + random.below(2 ** random.below(31)));
  for (const at of ats) set(String(at), at);
  timers.advance(2 ** 31);
  assert.equal(fired(), ats.toSorted((a, b) => a - b).join(" "));
});

test("of one tick the first added fires first, from however far each was added", () => {
  for (const start of STARTS) {
    const { timers, set, fired } = clock(start);
    const at = start + 2 ** 40;
    const names: string[] = [];
    for (const distance of DISTANCES.toReversed()) {
      if (at - distance < start) continue;
      // A timer that fires moves the position; without one the levels would stay as they are.
      set("tick", at - distance);
      timers.advance(at - distance);
      names.push(String(distance));
      set(String(distance), at);
      timers.next();
    }
    fired();
    assert.equal(timers.advance(at), names.length);
    assert.equal(fired(), names.join(" "));
  }
});

test("adding a timer again moves it, behind the others of its new tick", () => {
  const { timers, set, fired } = clock();
  const a = set("a", 10);
  set("b", 20);
  timers.add(a, 20);
  assert.equal(timers.size, 2);
  assert.equal(timers.next(), 20);
  assert.equal(timers.advance(15), 0);
  timers.add(a, 20);
  timers.advance(20);
  assert.equal(fired(), "b a");
});

test("a removed timer does not fire, and removing it again does nothing", () => {
  const { timers, set, timer, fired } = clock();
  const a = set("a", 10);
  set("b", 10);
  timers.remove(a);
  timers.remove(a);
  timers.remove(timer("never set"));
  assert.equal(timers.size, 1);
  timers.advance(10);
  assert.equal(fired(), "b");
  timers.add(a, 11);
  timers.advance(11);
  timers.remove(a);
  assert.deepEqual([fired(), timers.size], ["a", 0]);
});

test("a timer that fires may remove one that is due with it, or move it", () => {
  const { timers, set, fired } = clock();
  set("a", 5, () => {
    timers.remove(c);
    timers.add(d, 9);
  });
  set("b", 5);
  const c = set("c", 5);
  const d = set("d", 6);
  set("e", 7);
  assert.equal(timers.advance(8), 3);
  assert.equal(fired(), "a b e");
  assert.equal(timers.next(), 9);
  timers.advance(9);
  assert.equal(fired(), "d");
});

test("a timer set to now or before while timers fire, fires in the next advance, by deadline", () => {
  const { timers, set, fired } = clock();
  const a = set("a", 5, () => {
    timers.add(a, 10);
    set("now", 10);
    set("past", 2);
    set("between", 7);
    set("future", 11);
    assert.equal(timers.next(), 2);
  });
  set("b", 8);
  assert.equal(timers.advance(10), 2);
  assert.equal(fired(), "a b");
  assert.equal(timers.next(), 2);
  assert.equal(timers.advance(10), 4);
  assert.equal(fired(), "past between a now");
  // It has done the same once more.
  assert.equal(timers.advance(11), 6);
  assert.equal(fired(), "past between a now future future");
});

test("a timer set to the past fires in the next advance", () => {
  const { timers, set, fired } = clock();
  set("tick", 100);
  timers.advance(100);
  set("b", 100);
  set("a", 40);
  set("first", -1);
  assert.equal(timers.next(), -1);
  timers.advance(100);
  assert.equal(fired(), "tick first a b");
});

test("when a timer throws the rest fires in the next advance, and nothing is lost", () => {
  const { timers, set, fired } = clock();
  const oops = new Error("oops");
  set("a", 1);
  set("b", 2, () => {
    set("new", 1);
    throw oops;
  });
  set("c", 2);
  set("d", 3);
  set("e", 9);
  assert.throws(() => timers.advance(3), oops);
  assert.equal(fired(), "a b");
  assert.deepEqual([timers.size, timers.next()], [4, 1]);
  set("late", 2);
  assert.equal(timers.advance(4), 4);
  assert.equal(fired(), "new c late d");
  timers.advance(9);
  assert.equal(fired(), "e");
});

test("never is not set, and unsets what was", () => {
  const { timers, set } = clock();
  const a = set("a", Infinity);
  assert.deepEqual([timers.size, timers.next()], [0, Infinity]);
  timers.add(a, 10);
  timers.add(a, Infinity);
  assert.deepEqual([timers.size, timers.next()], [0, Infinity]);
  for (const at of [2 ** 53, 1e300, NaN]) {
    timers.add(a, at);
    assert.equal(timers.size, 0, `${at}`);
  }
  timers.add(a, Number.MAX_SAFE_INTEGER);
  assert.equal(timers.next(), Number.MAX_SAFE_INTEGER);
});

test("the earliest deadline is exact, whatever is added, moved and removed", () => {
  for (const start of STARTS) {
    const { timers, timer } = clock(start);
    const random = new Random(start);
    const all = Array.from({ length: 300 }, () => timer(""));
    const set = new Set<Timer>();
    const earliest = (): number => Math.min(...[...set].map(({ at }) => at));
    for (let i = 0; i < 3_000; i++) {
      const one = random.pick(all);
      if (random.chance(3)) {
        timers.remove(one);
        set.delete(one);
      } else {
        timers.add(one, start + 1 + random.below(2 ** random.below(20)));
        set.add(one);
      }
      assert.equal(timers.next(), earliest());
    }
    // The earliest goes first, as those do that give up waiting in order.
    for (const one of [...set].toSorted((a, b) => a.at - b.at)) {
      assert.equal(timers.next(), earliest());
      timers.remove(one);
      set.delete(one);
    }
    assert.equal(timers.next(), Infinity);
  }
});

test("asking for the earliest after each change looks at few timers, however many there are", () => {
  let looks = 0;
  class Watched extends Timer {
    override fire(): void {}
  }
  const watched = (): Timer => {
    const timer = new Watched();
    let at = 0;
    Object.defineProperty(timer, "at", {
      get: () => {
        looks++;
        return at;
      },
      set: (to: number) => {
        at = to;
      },
    });
    return timer;
  };
  const { timers } = clock();
  const random = new Random(1);
  const all = Array.from({ length: 10_000 }, watched);
  let now = 0;
  const durations = [30_000, 60_000, 3_600_000];
  for (const timer of all) timers.add(timer, random.pick(durations));
  looks = 0;
  const changes = 30_000;
  for (let i = 0; i < changes; i++) {
    if (random.chance(3)) now++;
    timers.add(random.pick(all), now + random.pick(durations));
    timers.next();
    timers.advance(now);
  }

  assert.ok(looks / changes < 10, `${looks / changes} looks a change`);
});

test("levels that are not needed are given back", () => {
  const { timers, timer } = clock();
  const all = Array.from({ length: 100_000 }, () => timer(""));
  const random = new Random(1);
  const levels = (): number => {
    const { path, spare } = timers as unknown as { path: Tree[]; spare: Tree[] };
    return [...path, ...spare].reduce((sum, tree) => sum + count(tree), 0);
  };
  interface Tree {
    readonly buckets: readonly { readonly inner: Tree | null }[];
  }
  const count = ({ buckets }: Tree): number =>
    buckets.reduce((sum, { inner }) => sum + (inner === null ? 0 : count(inner)), 1);
  for (const one of all) timers.add(one, 1 + random.below(10_000_000));
  // Each in turn is the earliest, so each part of the tree is refined in its time.
  for (const [i, one] of all.toSorted((a, b) => a.at - b.at).entries()) {
    timers.next();
    if (i % 2 === 0) timers.remove(one);
    else timers.advance(one.at);
  }
  assert.equal(timers.next(), Infinity);
  assert.ok(levels() < 40, `${levels()} levels`);
});

test("nothing of a timer is kept that was removed, moved away or has fired", async (t) => {
  if (!collectGarbage()) return t.skip(CANNOT);
  const { timers } = clock();
  const random = new Random(1);
  const refs: WeakRef<object>[] = [];
  class Holding extends Timer {
    readonly held: object = {};
    override fire(): void {}
  }
  for (let i = 0; i < 25; i++) {
    const four = Array.from({ length: 4 }, () => new Holding());
    refs.push(...four.map((timer) => new WeakRef(timer.held)));
    const [removed, never, late] = four as [Holding, Holding, Holding, Holding];
    const now = i * 1_000;
    for (const timer of four) timers.add(timer, now + 1 + random.below(900));
    timers.next();
    timers.remove(removed);
    timers.add(never, Infinity);
    timers.add(late, -1);
    timers.advance(now + 901);
    assert.equal(timers.size, 0);
  }
  const gone = await collected(refs);
  assert.ok(gone >= ALMOST_ALL, `${gone} of 100 collected`);
  assert.equal(timers.next(), Infinity);
});

test("a million deadlines are set, moved and removed, and leave nothing behind", () => {
  const { timers, timer } = clock();
  const log: Timer[] = [];
  for (let i = 0; i < 1_000_000; i++) {
    const one = timer("");
    timers.add(one, 30_000 + (i >> 10));
    if (i % 1_000 === 0) log.push(one);
  }
  assert.equal(timers.size, 1_000_000);
  assert.equal(timers.next(), 30_000);
  for (const one of log) timers.add(one, 20_000);
  assert.equal(timers.advance(20_000), 1_000);
  assert.equal(timers.advance(40_000), 999_000);
  assert.equal(timers.next(), Infinity);
});
