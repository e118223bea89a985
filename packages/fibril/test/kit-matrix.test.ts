/**
 * Every wait between fibers × every situation in which it is cancelled: the cells of scenarios-kit.md, each under every
 * policy. After each, no fiber is left in a line, what was handed over has arrived once, and the next fiber that waits
 * goes on as if nothing had been.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Cancelled,
  type Deadline,
  failAfter,
  Fiber,
  FiberError,
  fifo,
  locality,
  moveOnAfter,
  type Policy,
  race,
  type Routine,
  scope,
  seeded,
  shield,
  sleep,
  spawn,
  supervised,
  TimeoutError,
  yieldNow,
} from "fibril";
import type { AnyFiber } from "./support/body.ts";
import { type KitWait, kitWaits, type Subject } from "./support/kit-waits.ts";
import { play } from "./support/manual-host.ts";
import { scenarioTable } from "./support/scenario-table.ts";
import { SEED } from "./support/seed.ts";

/** What holds a lock for the others cannot wait for it itself. */
function* inChild(scene: Scene): Routine<string> {
  return yield* spawn(() => scene.waits());
}

/** One run of one cell. */
class Scene {
  readonly subject: Subject;
  /** Waits that have had their result. */
  got = 0;

  constructor(subject: Subject) {
    this.subject = subject;
  }

  *waits(wait: () => unknown = () => this.subject.wait()): Routine<string> {
    yield* wait() as Routine<unknown>;
    this.got++;
    return "got";
  }

  *prepare(): Routine<void> {
    if (this.subject.prepare !== undefined) yield* this.subject.prepare();
  }

  /** A fiber that waits. Afterwards it waits once more, so that a request that came meanwhile meets it. */
  *parked(errors: unknown[] = [], wait?: () => unknown): Routine<AnyFiber> {
    const before = this.subject.waiting();
    const target = spawn("target", () => this.target(errors, wait));
    while (this.subject.waiting() === before) yield* yieldNow();
    return target;
  }

  private *target(errors: unknown[], wait: (() => unknown) | undefined): Routine<void> {
    try {
      yield* this.waits(wait);
    } catch (error) {
      errors.push(error);
      if (!(error instanceof FiberError)) throw error;
    }
    yield* sleep(1);
  }

  *rests(): Routine<void> {
    for (let left = 5; left > 0; left--) yield* yieldNow();
    assert.equal(this.subject.waiting(), 0, "no fiber is left in a line");
  }

  /** The next fiber that waits goes on. */
  *works(): Routine<void> {
    yield* this.rests();
    yield* this.prepare();
    const { got, subject } = this;
    const next = yield* this.parked();
    subject.grant(next);
    yield* next;
    assert.equal(this.got, got + 1);
    yield* this.rests();
    this.balances();
  }

  balances(): void {
    const { got, subject } = this;
    if (subject.happened !== undefined) assert.equal(subject.happened(), got, "once each");
  }
}

type Situation = (scene: Scene) => Routine<void>;

/** Where it cannot be closed, cloned or held there is no such situation. */
const situations: Readonly<Record<string, Situation>> = {
  *"race loser"(scene) {
    const loses = [
      () => scene.waits(),
      function* () {
        yield* sleep(5);
        return "winner";
      },
    ] as const;
    yield* scene.prepare();
    assert.equal(yield* race(loses), "winner");
    assert.equal(scene.got, 0);
    yield* scene.works();
  },

  *timeout(scene) {
    yield* scene.prepare();
    const late = yield* moveOnAfter(5, () => inChild(scene), "late");
    assert.equal(late, "late");
    try {
      yield* failAfter(5, () => inChild(scene));
      assert.fail("it is not granted");
    } catch (error) {
      assert.ok(error instanceof TimeoutError, String(error));
    }
    assert.equal(scene.got, 0);
    yield* scene.works();
    // Now both in one turn. If the wait is the block's own, whichever comes first decides. If it is a child's, the
    // block waits for the child, and the limit ends that; the child has its value all the same.
    yield* bothAtOnce(scene, { granted: false, result: "late", got: 0 });
    yield* bothAtOnce(scene, { granted: true, result: "got", got: 1 });
    yield* bothAtOnce(scene, { granted: true, child: true, result: "late", got: 1 });
  },

  *"hand-off"(scene) {
    yield* scene.prepare();
    const target = yield* scene.parked();
    scene.subject.grant(target);
    void target.cancel("enough");
    yield* target.cancel();
    assert.equal(target.outcome?.ending, "cancelled");
    assert.equal(scene.got, 1, "what was handed over comes first");
    yield* scene.works();
  },

  *"close while parked"(scene) {
    const { subject } = scene;
    yield* scene.prepare();
    const errors: unknown[] = [];
    const first = yield* scene.parked(errors);
    const second = yield* scene.parked(errors);
    void first.cancel("enough");
    (subject.close as NonNullable<Subject["close"]>)();
    yield* sleep(1);
    void second.cancel("too late");
    yield* first.cancel();
    yield* second.cancel();
    assert.equal(errors.length, 2);
    assert.ok(
      errors.some((error) => error instanceof Cancelled),
      "the first was called off",
    );
    const told = errors.find((error) => error instanceof FiberError);
    assert.equal(told?.code, subject.code);
    yield* scene.rests();
    scene.balances();
  },

  *"clone and drop"(scene) {
    const clone = scene.subject.clone as NonNullable<Subject["clone"]>;
    const half = clone();
    const other = clone();
    const errors: unknown[] = [];
    yield* scene.prepare();
    // The end of another half is nothing to it.
    const first = yield* scene.parked(errors, half.wait);
    other.drop();
    yield* yieldNow();
    assert.equal(scene.subject.waiting(), 1);
    void first.cancel("enough");
    half.drop();
    yield* first.cancel();
    assert.ok(errors[0] instanceof Cancelled);
    // The end of its own comes before the request.
    const third = clone();
    const second = yield* scene.parked(errors, third.wait);
    third.drop();
    void second.cancel("too late");
    yield* second.cancel();
    assert.equal((errors[1] as FiberError).code, "closed");
    yield* scene.works();
  },

  *"during the body"(scene) {
    yield* inBody(scene, function* () {
      yield* sleep(Infinity);
    });
  },

  *"during release"(scene) {
    let released = false;
    yield* inBody(scene, function* () {
      try {
        yield* sleep(Infinity);
      } finally {
        yield* shield(() => sleep(10));
        released = true;
      }
    });
    assert.ok(released);
  },
};

interface Meeting {
  /** The hand-over comes before the limit; otherwise the limit comes first. */
  readonly granted: boolean;
  readonly child?: boolean;
  readonly result: string;
  readonly got: number;
}

/** A limit and a hand-over reach a wait in one turn of another fiber. */
function* bothAtOnce(scene: Scene, { child, got, granted, result }: Meeting): Routine<void> {
  const { subject } = scene;
  yield* scene.prepare();
  const before = scene.got;
  let waiter: AnyFiber | undefined;
  let limit: Deadline | undefined;
  function* waits(): Routine<string> {
    waiter = Fiber.current as AnyFiber;
    return yield* scene.waits();
  }
  const target = spawn("target", () =>
    moveOnAfter(
      1_000,
      function* (deadline) {
        limit = deadline;
        return yield* child ? spawn(waits) : waits();
      },
      "late",
    ),
  );
  while (subject.waiting() === 0) yield* yieldNow();
  if (granted) subject.grant(waiter as AnyFiber);
  assert.ok(limit?.reset(0));
  assert.equal(subject.waiting(), 0, "it was granted or called off");
  assert.equal(yield* target, result);
  assert.equal(scene.got, before + got);
  yield* scene.works();
}

/** A fiber is cancelled twice while it holds something; another waits behind it. */
function* inBody(scene: Scene, body: () => Routine<void>): Routine<void> {
  const { subject } = scene;
  const withIt = subject.with as NonNullable<Subject["with"]>;
  let behind = 0;
  const holder = spawn("holder", () => withIt(body));
  yield* sleep(5);
  const next = spawn("next", () =>
    withIt(function* () {
      behind++;
    }),
  );
  yield* sleep(5);
  void holder.cancel("enough");
  yield* sleep(5);
  void holder.cancel("more than enough");
  yield* holder.cancel();
  assert.equal(holder.outcome?.ending, "cancelled");
  yield* next;
  assert.equal(behind, 1);
  yield* scene.works();
}

const policies: readonly [string, Policy][] = [
  ["locality", locality],
  ["fifo", fifo],
  ["seeded", seeded(SEED)],
];

function playCell(kind: KitWait, situation: Situation, policy: Policy): void {
  play(
    function* () {
      yield* scope(function* () {
        yield* supervised(function* (all) {
          const scene = new Scene(yield* kind.create());
          yield* situation(scene);
          all.cancel();
        });
      });
    },
    { policy },
  );
}

const table = scenarioTable("scenarios-kit.md");
for (const kind of kitWaits) {
  for (const [name, situation] of Object.entries(situations)) {
    const cell = `${kind.name} × ${name}`;
    if (table.get(cell) !== "matrix") continue;
    test(cell, (t) => {
      t.diagnostic(`seed ${SEED}`);
      for (const [policyName, policy] of policies) {
        try {
          playCell(kind, situation, policy);
        } catch (cause) {
          throw new Error(`by ${policyName}, seed ${SEED}`, { cause });
        }
      }
    });
  }
}

test("the table has every cell, and says n/a only where there is no such situation", () => {
  assert.equal(table.size, kitWaits.length * Object.keys(situations).length);
  play(function* () {
    yield* supervised(function* (all) {
      for (const kind of kitWaits) {
        const { clone, close, with: withIt } = yield* kind.create();
        for (const name of Object.keys(situations)) {
          const there =
            name === "close while parked"
              ? close
              : name === "clone and drop"
                ? clone
                : name.startsWith("during")
                  ? withIt
                  : true;
          const mark = table.get(`${kind.name} × ${name}`);
          const wanted = there === undefined ? /^n\/a \d$/ : /^matrix$/;
          assert.match(String(mark), wanted, `${kind.name} × ${name}`);
        }
      }
      all.cancel();
    });
  });
});
