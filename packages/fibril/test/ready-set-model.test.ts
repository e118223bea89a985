/**
 * Property tests of the ready sets against a naive one: whatever is spawned, woken, removed and
 * ended, in a round or between rounds, by ones or by thousands, each task runs when the rules say.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { START_BUDGET } from "#core/ready/locality";
import { Random } from "./differential/random.ts";
import { policies, type Policy, Task } from "./support/policies.ts";

/** `salt` decides which tasks it is about, and what those that run do next. */
interface Action {
  readonly kind: "spawn" | "wake" | "kill" | "end" | "run" | "round";
  readonly count: number;
  readonly salt: number;
}

/** The reference. A task is in one of `round`, `later`, `fresh` and `waiting`. */
class Model {
  readonly policy: Policy;
  readonly live: Set<Task> = new Set();
  readonly waiting: Set<Task> = new Set();
  round: Set<Task> = new Set();
  later: Set<Task> = new Set();
  /** Newest first, but what was spawned between two starts stays in order: it is a batch. */
  fresh: Task[] = [];
  batch: Task[] = [];
  starts: number = 0;

  constructor(policy: Policy) {
    this.policy = policy;
  }

  get ready(): number {
    return this.round.size + this.later.size + this.fresh.length + this.batch.length;
  }

  spawn(task: Task): void {
    this.live.add(task);
    if (this.policy.startsFresh) this.batch.push(task);
    else this.later.add(task);
  }

  settle(): void {
    this.fresh.unshift(...this.batch);
    this.batch = [];
  }

  beginRound(): number {
    this.settle();
    const lowest = this.fresh.pop();
    if (lowest !== undefined) this.later.add(lowest);
    for (const task of this.later) this.round.add(task);
    this.later = new Set();
    this.starts = Math.max(START_BUDGET, this.round.size);
    return this.round.size;
  }

  /** The set says that this one is next, or that the round is over. */
  ran(task: Task | null): void {
    if (this.fresh.length + this.batch.length > 0 && this.starts > 0) {
      this.settle();
      assert.equal(task, this.fresh.shift(), "new ones start first");
      this.starts--;
    } else if (task === null) {
      assert.equal(this.round.size, 0, "the round ends when all have run");
      this.starts = 0;
    } else {
      if (this.policy.strict) assert.equal(task, this.round.values().next().value);
      assert.ok(this.round.delete(task), `task ${task.id} is not of this round`);
    }
    if (task !== null) this.waiting.add(task);
  }

  kill(task: Task): void {
    this.round.delete(task);
    this.later.delete(task);
    this.fresh = this.fresh.filter((other) => other !== task);
    this.batch = this.batch.filter((other) => other !== task);
    this.waiting.add(task);
  }
}

function play(policy: Policy, seed: number, actions: readonly Action[]): void {
  const set = policy.create(seed);
  const model = new Model(policy);
  let ids = 0;

  function spawn(): void {
    const task = new Task(ids++);
    model.spawn(task);
    set.spawned(task);
  }
  function wake(task: Task): void {
    model.waiting.delete(task);
    model.later.add(task);
    set.add(task);
  }
  function end(task: Task): void {
    model.waiting.delete(task);
    model.live.delete(task);
    set.ended(task);
    assert.equal(task._slot, -1);
  }
  function kill(task: Task): void {
    model.kill(task);
    set.remove(task);
  }
  /** One turn of the scheduler; false at the round's end. */
  function turn(random: Random): boolean {
    const task = set.next();
    model.ran(task);
    if (task === null) return false;
    const deed = random.below(8);
    if (deed < 3) wake(task);
    else if (deed === 3) end(task);
    else if (deed === 4) for (let i = random.below(4); i > 0; i--) spawn();
    return true;
  }

  /** Some of the tasks, in shuffled order. */
  function some(tasks: Iterable<Task>, count: number, random: Random): Task[] {
    const all = [...tasks];
    for (let i = 0; i < Math.min(count, all.length); i++) {
      const j = i + random.below(all.length - i);
      [all[i], all[j]] = [all[j] as Task, all[i] as Task];
    }
    return all.slice(0, count);
  }

  for (const { kind, count, salt } of actions) {
    const random = new Random(salt);
    if (kind === "spawn") for (let i = 0; i < count; i++) spawn();
    else if (kind === "wake") some(model.waiting, count, random).forEach(wake);
    else if (kind === "kill") {
      for (const task of some(
        [...model.round, ...model.later, ...model.fresh, ...model.batch],
        count,
        random,
      )) {
        kill(task);
        const fate = random.below(3);
        if (fate === 0) end(task);
        else if (fate === 1) wake(task);
      }
    } else if (kind === "end") some(model.waiting, count, random).forEach(end);
    else if (kind === "run") for (let i = 0; i < count && turn(random); i++);
    else {
      const round = model.beginRound();
      assert.equal(set.beginRound(), round);
    }
    assert.equal(set.size, model.ready);
    assert.equal(set.live, model.live.size);
  }

  assert.deepEqual(
    Array.from(set, (task) => task.id),
    Array.from(model.live, (task) => task.id),
    "all that have not ended, in the order of their creation",
  );
  // Nothing was lost: the rest runs.
  for (let round = model.beginRound(); round > 0; round = model.beginRound()) {
    assert.equal(set.beginRound(), round);
    for (let task = set.next(); ; task = set.next()) {
      model.ran(task);
      if (task === null) break;
    }
  }
  assert.equal(set.beginRound(), 0);
  assert.equal(set.size, 0);
}

const count = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 20 }) },
  { weight: 2, arbitrary: fc.integer({ min: 20, max: 300 }) },
  { weight: 2, arbitrary: fc.integer({ min: 300, max: 3000 }) },
);
const action: fc.Arbitrary<Action> = fc.record({
  kind: fc.constantFrom("spawn", "wake", "kill", "end", "run", "run", "round", "round"),
  count,
  salt: fc.integer(),
});

for (const policy of policies) {
  test(`${policy.name}: any sequence of calls runs each task when the rules say`, () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(action, { maxLength: 40, size: "max" }), (seed, actions) =>
        play(policy, seed, actions),
      ),
      { numRuns: Number(process.env["FIBRIL_MODEL_RUNS"] ?? 300) },
    );
  });
}
