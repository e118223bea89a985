/**
 * Every way of ending a fiber × everything that can be claimed × every moment of the claim. Whatever
 * happens, the fiber behind gets its turn, and in the end the lock is free and usable.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Deadline,
  type End,
  Fiber,
  fifo,
  locality,
  monitor,
  moveOnAfter,
  park,
  type Policy,
  type Routine,
  scope,
  type Scope,
  seeded,
  shield,
  sleep,
  spawn,
  supervised,
  unpark,
} from "fibril";
import type { AnyFiber } from "./support/body.ts";
import { lockKinds, type Subject } from "./support/lock-kinds.ts";
import { play } from "./support/manual-host.ts";
import { SEED } from "./support/seed.ts";

const WHY = new Error("why");

interface Scene {
  target: AnyFiber;
  deadline: Deadline;
  inner: Scope;
}

interface Source {
  readonly name: string;
  readonly violent: boolean;
  readonly ending: End["ending"];
  ask(scene: Scene): void;
}

const sources: readonly Source[] = [
  {
    name: "cancel",
    violent: false,
    ending: "cancelled",
    ask: ({ target }) => void target.cancel("why"),
  },
  {
    name: "the cancel of its own scope",
    violent: false,
    ending: "returned",
    ask: ({ inner }) => inner.cancel("why"),
  },
  {
    name: "deadline",
    violent: false,
    ending: "returned",
    ask: ({ deadline }) => void deadline.reset(0),
  },
  { name: "kill", violent: true, ending: "killed", ask: ({ target }) => void target.kill() },
  { name: "raise", violent: true, ending: "failed", ask: ({ target }) => void target.raise(WHY) },
  {
    name: "cancel without grace",
    violent: true,
    ending: "cancelled",
    ask: ({ target }) => void target.cancel("why", { grace: 0 }),
  },
];

const MOMENTS = ["in line", "hand-off", "in the body", "in the body's clean-up"] as const;
type Moment = (typeof MOMENTS)[number];

/** How the target claims. */
const forms: Record<string, (lock: Subject, body: () => Routine<void>) => Routine<void>> = {
  *with(lock, body) {
    yield* lock.with(body);
  },
  *"with, in a coroutine"(lock, body) {
    yield* Fiber.resume(
      new Fiber(function* () {
        yield* lock.with(body);
      }),
    );
  },
  *"acquire and release"(lock, body) {
    yield* lock.take();
    try {
      yield* body();
    } finally {
      lock.give();
    }
  },
};

const policies: readonly [string, Policy][] = [
  ["locality", locality],
  ["fifo", fifo],
  ["seeded", seeded(SEED)],
];

function* scenario(
  lock: Subject,
  form: (lock: Subject, body: () => Routine<void>) => Routine<void>,
  source: Source,
  moment: Moment,
): Routine<void> {
  const scene = {} as Scene;
  const ends: End[] = [];
  let entered = false;
  let behind = 0;
  let asked = false;
  const ask = (): void => {
    asked = true;
    source.ask(scene);
  };
  function* body(): Routine<void> {
    entered = true;
    try {
      yield* sleep(Infinity);
    } finally {
      if (moment === "in the body's clean-up") yield* shield(() => sleep(20));
    }
  }
  yield* supervised(function* () {
    const holder = spawn("holder", function* () {
      yield* lock.take();
      yield* park();
      lock.give();
      if (moment === "hand-off") ask();
    });
    yield* sleep(5);
    scene.target = spawn("target", function* () {
      yield* moveOnAfter(1_000_000, function* (deadline) {
        scene.deadline = deadline;
        yield* scope(function* (inner: Scope) {
          scene.inner = inner;
          yield* form(lock, body);
        });
      });
    }) as AnyFiber;
    monitor(scene.target, (end) => ends.push(end));
    yield* sleep(1);
    for (let i = 0; i < 2; i++) {
      spawn("behind", function* () {
        yield* lock.with(function* () {
          behind++;
          yield* sleep(1);
          behind++;
        });
      });
    }
    yield* sleep(5);
    assert.equal(lock.waiting(), 3);
    if (moment === "in line") {
      ask();
      yield* sleep(5);
      assert.equal(lock.waiting(), 2, "it has left the line");
    }
    unpark(holder);
    yield* sleep(5);
    if (moment === "in the body") ask();
    if (moment === "in the body's clean-up") {
      void scene.target.cancel("first");
      yield* sleep(5);
      ask();
    }
    yield* sleep(50);
  });
  assert.ok(asked);
  assert.equal(ends.length, 1);
  const ending =
    moment === "in the body's clean-up" && !source.violent ? "cancelled" : source.ending;
  assert.equal((ends[0] as End).ending, ending, String((ends[0] as End).value));
  assert.equal(entered, moment.includes("body") || (moment === "hand-off" && !source.violent));
  assert.equal(behind, 4, "those behind had their turns");
  assert.ok(lock.isFree(), "nobody has it");
  assert.equal(lock.tryTake(), true);
  lock.give();
}

for (const kind of lockKinds) {
  for (const source of sources) {
    test(`${source.name} × ${kind.name}, at every moment`, (t) => {
      t.diagnostic(`seed ${SEED}`);
      for (const moment of MOMENTS) {
        for (const [formName, form] of Object.entries(forms)) {
          for (const [policyName, policy] of policies) {
            try {
              play(
                function* () {
                  const lock = yield* kind.create();
                  yield* scenario(lock, form, source, moment);
                },
                { policy },
              );
            } catch (cause) {
              throw new Error(`${moment}, ${formName}, by ${policyName}, seed ${SEED}`, { cause });
            }
          }
        }
      }
    });
  }
}
