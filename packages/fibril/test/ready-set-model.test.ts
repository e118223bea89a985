/**
 * Property tests of the ready sets against a naive one: whatever is spawned, woken, removed and
 * ended, in a round or between rounds, by ones or by thousands, each task runs when the rules say.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { START_BUDGET } from "#core/locality";
import { Random } from "./differential/random.ts";
import { policies, type Policy, Task } from "./support/policies.ts";

/** `salt` decides which tasks it is about, and what those that run do next. */
interface Action {
  readonly kind: "spawn" | "wake" | "kill" | "end" | "run" | "round";
  readonly count: number;
  readonly salt: number;
}

/**
 * The reference. A task is in `round`, in `later`, or waiting; `fresh` ones are also in `later`. A
 * new task that was killed and woken again may count as new or not: it has not run in this round.
 */
class Model {
  readonly live: Set<Task> = new Set();
  round: Set<Task> = new Set();
  later: Set<Task> = new Set();
  readonly waiting: Set<Task> = new Set();
  fresh: Task[] = [];
  readonly killed: Set<Task> = new Set();
  starts: number = START_BUDGET;

  beginRound(): void {
    this.round = new Set([...this.round, ...this.later]);
    this.later = new Set();
    this.fresh = [];
    this.killed.clear();
    this.starts = 0;
  }

  /** Who may be next; null: the round may be over. */
  allowed({ startsFresh, strict }: Policy): Set<Task | null> {
    const allowed = new Set<Task | null>();
    if (startsFresh && this.starts < START_BUDGET) {
      for (const task of this.fresh.toReversed()) {
        if (!this.later.has(task)) continue;
        allowed.add(task);
        if (!this.killed.has(task)) return allowed;
      }
    }
    for (const task of this.round) {
      allowed.add(task);
      if (strict) break;
    }
    return this.round.size === 0 ? allowed.add(null) : allowed;
  }

  ran(task: Task): void {
    if (this.round.delete(task)) this.starts = 0;
    else this.starts++;
    this.later.delete(task);
    const at = this.fresh.lastIndexOf(task);
    if (at !== -1) this.fresh.splice(at, 1);
  }

  kill(task: Task): void {
    this.round.delete(task);
    this.later.delete(task);
    this.killed.add(task);
  }
}

function play(policy: Policy, seed: number, actions: readonly Action[]): void {
  const set = policy.create(seed);
  const model = new Model();
  let ids = 0;

  function spawn(): void {
    const task = new Task(ids++);
    model.live.add(task);
    model.later.add(task);
    if (policy.startsFresh) model.fresh.push(task);
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
    model.waiting.add(task);
    set.remove(task);
  }
  /** One turn of the scheduler; false at the round's end. */
  function turn(random: Random): boolean {
    const allowed = model.allowed(policy);
    const task = set.next();
    assert.ok(allowed.has(task), `${task === null ? "the end" : `task ${task.id}`} comes too soon`);
    if (task === null) {
      model.starts = START_BUDGET;
      return false;
    }
    model.ran(task);
    model.waiting.add(task);
    const deed = random.below(8);
    if (deed < 3) wake(task);
    else if (deed === 3) end(task);
    else if (deed === 4) for (let i = random.below(4); i > 0; i--) spawn();
    return true;
  }

  /** Some of the tasks, in shuffled order. */
  function some(tasks: ReadonlySet<Task>, count: number, random: Random): Task[] {
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
      for (const task of some(new Set([...model.round, ...model.later]), count, random)) {
        kill(task);
        const fate = random.below(3);
        if (fate === 0) end(task);
        else if (fate === 1) wake(task);
      }
    } else if (kind === "end") some(model.waiting, count, random).forEach(end);
    else if (kind === "run") for (let i = 0; i < count && turn(random); i++);
    else {
      model.beginRound();
      assert.equal(set.beginRound(), model.round.size);
    }
    assert.equal(set.size, model.round.size + model.later.size);
    assert.equal(set.live, model.live.size);
  }

  assert.deepEqual(
    Array.from(set, (task) => task.id),
    Array.from(model.live, (task) => task.id),
    "all that have not ended, in the order of their creation",
  );
  // Nothing was lost: the rest runs within a round.
  model.beginRound();
  set.beginRound();
  for (let i = model.round.size; i > 0; i--) {
    const task = set.next() as Task;
    assert.ok(model.round.has(task));
    model.ran(task);
  }
  assert.equal(set.next(), null);
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
