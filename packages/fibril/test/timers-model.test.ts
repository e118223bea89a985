/**
 * Property tests of the timers against a sorted array: any sequence of adds, moves, removals and
 * jumps of time, near and far, fires the same timers in the same order.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Timer, Timers } from "#core/ready/timers";

const COUNT = 60;

/** What a timer does when it fires. Deadlines are distances from the tick of the `advance`. */
type Deed =
  | { readonly kind: "add"; readonly id: number; readonly distance: number }
  | { readonly kind: "remove"; readonly id: number }
  | { readonly kind: "next" }
  | { readonly kind: "throw" };

type Action =
  | { readonly kind: "add"; readonly id: number; readonly distance: number; readonly deed?: Deed }
  | { readonly kind: "remove"; readonly id: number }
  | { readonly kind: "next" }
  | { readonly kind: "advance"; readonly distance: number };

/** The reference: everything in one array, sorted when asked. */
class Model {
  entries: { id: number; at: number; order: number }[] = [];
  order = 0;

  add(id: number, at: number): void {
    this.remove(id);
    if (at !== Infinity) this.entries.push({ id, at, order: this.order++ });
  }

  remove(id: number): void {
    this.entries = this.entries.filter((entry) => entry.id !== id);
  }

  next(): number {
    return Math.min(...this.entries.map((entry) => entry.at));
  }

  /** The earliest at or before `now` that was added before `order`. */
  take(now: number, order: number): number | undefined {
    const first = this.entries
      .filter((entry) => entry.at <= now && entry.order < order)
      .toSorted((a, b) => a.at - b.at || a.order - b.order)[0];
    if (first !== undefined) this.remove(first.id);
    return first?.id;
  }
}

class Probe extends Timer {
  deed: Deed | undefined;
  readonly id: number;
  readonly onFire: (probe: Probe) => void;

  constructor(id: number, onFire: (probe: Probe) => void) {
    super();
    this.deed = undefined;
    this.id = id;
    this.onFire = onFire;
  }

  override fire(): void {
    this.onFire(this);
  }
}

function play(start: number, actions: readonly Action[]): void {
  const timers = new Timers();
  const model = new Model();
  let now = start;
  /** What was added before the `advance` that is going on. */
  let before = 0;

  const probes = Array.from({ length: COUNT }, (_, id) => new Probe(id, fired));
  const probe = (id: number): Probe => probes[id] as Probe;

  function add(id: number, distance: number): void {
    timers.add(probe(id), now + distance);
    model.add(id, now + distance);
  }
  function remove(id: number): void {
    timers.remove(probe(id));
    model.remove(id);
  }
  function fired({ id, deed }: Probe): void {
    assert.equal(id, model.take(now, before), `the timer that fires at ${now}`);
    if (deed?.kind === "add") add(deed.id, deed.distance);
    else if (deed?.kind === "remove") remove(deed.id);
    else if (deed?.kind === "next") assert.equal(timers.next(), model.next());
    else if (deed?.kind === "throw") throw new Error("thrown");
  }

  for (const action of actions) {
    if (action.kind === "add") {
      probe(action.id).deed = action.deed;
      add(action.id, action.distance);
    } else if (action.kind === "remove") {
      remove(action.id);
    } else if (action.kind === "next") {
      assert.equal(timers.next(), model.next());
    } else {
      now += action.distance;
      before = model.order;
      const due = model.entries.length;
      let threw = false;
      let count = 0;
      try {
        count = timers.advance(now);
      } catch (error) {
        assert.equal((error as Error).message, "thrown");
        threw = true;
      }
      if (!threw) {
        assert.equal(model.take(now, before), undefined, `all that is due at ${now} has fired`);
        assert.ok(count <= due);
      }
    }
    assert.equal(timers.size, model.entries.length);
  }

  // Nothing was lost: time goes on until all have fired.
  for (const probed of probes) probed.deed = undefined;
  for (let turn = 0; model.entries.length > 0; turn++) {
    assert.ok(turn <= COUNT * 3, "each turn fires something");
    assert.equal(timers.next(), model.next());
    now = Math.max(now, model.next());
    before = model.order;
    assert.ok(timers.advance(now) > 0);
  }
  assert.equal(timers.size, 0);
  assert.equal(timers.next(), Infinity);
}

const id = fc.integer({ min: 0, max: COUNT - 1 });
/** Within a level, at its edge, and levels away; now and before; never. */
const distance = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -3, max: 40 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 3000 }) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: -2, max: 2 }))
      .map(([power, off]) => 2 ** power + off),
  },
  { weight: 1, arbitrary: fc.constantFrom(0, Infinity, 2 ** 31 - 1, 2 ** 31, 2 ** 32) },
);
const forward = distance.map((d) => (d === Infinity ? 1 : Math.max(0, d)));
const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.record({ kind: fc.constant("add" as const), id, distance }),
  fc.record({ kind: fc.constant("remove" as const), id }),
  fc.record({ kind: fc.constant("next" as const) }),
  fc.record({ kind: fc.constant("throw" as const) }),
);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record(
      { kind: fc.constant("add" as const), id, distance, deed },
      { requiredKeys: ["kind", "id", "distance"] },
    ),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove" as const), id }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("next" as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("advance" as const), distance: forward }) },
);
/** The first tick: at the edges of the levels, of 32-bit arithmetic and of what a number can count. */
const start = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 5000 }),
  fc
    .tuple(fc.integer({ min: 5, max: 51 }), fc.integer({ min: -50, max: 50 }))
    .map(([power, off]) => Math.max(0, 2 ** power + off)),
);

test("any sequence of adds, moves, removals and jumps fires what a sorted array would", () => {
  fc.assert(fc.property(start, fc.array(action, { maxLength: 120, size: "max" }), play), {
    numRuns: Number(process.env["FIBRIL_MODEL_RUNS"] ?? 3_000),
  });
});
