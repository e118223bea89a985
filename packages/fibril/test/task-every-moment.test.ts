/**
 * A request at every possible moment: every way of asking a fiber to end, at every wait, at every moment
 * of the wait, wherever the wait stands, under every policy. Whatever the combination: the fiber ends,
 * once, as it was asked to; nothing hangs, nothing is reported, and no error is lost.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Cancelled,
  type End,
  Fiber,
  FiberError,
  fifo,
  locality,
  monitor,
  moveOnAfter,
  type Op,
  type Policy,
  type Routine,
  scope,
  type Scope,
  seeded,
  sleep,
  spawn,
  supervised,
  yieldNow,
} from "fibril";
import type { TaskFields } from "#core/kernel/registers";
import type { AnyFiber } from "./support/body.ts";
import {
  type AWait,
  FAILURE,
  Raised,
  type Scene,
  type Source,
  sources,
  VALUE,
  waits,
  type WaitSort,
} from "./support/every-moment.ts";
import { checkScheduler } from "./support/invariants.ts";
import { begin, checkIdle, ManualHost } from "./support/manual-host.ts";
import { SEED } from "./support/seed.ts";

const MOMENTS = [
  "before it has started",
  "before the wait is made",
  "between the wait's making and its beginning",
  "while the wait begins",
  "by plain code while it waits",
  "by its parent while it waits",
  "by its child while it waits",
  "when the wait has been woken",
  "while the wait is undone",
] as const;
type Moment = (typeof MOMENTS)[number];

type Work = () => Routine<unknown>;
const places: Record<string, (scene: Scene, work: Work) => Routine<unknown>> = {
  "in the fiber's routine": (_scene, work) => work(),
  *"in a coroutine"(_scene, work) {
    return yield* Fiber.resume(new Fiber(work));
  },
  *"in a scope"(scene, work) {
    return yield* scope(function* (inner: Scope) {
      scene.inner = inner;
      return yield* work();
    });
  },
  *"in a scope in a coroutine"(scene, work) {
    return yield* Fiber.resume(
      new Fiber(function* () {
        return yield* supervised(function* (inner: Scope) {
          scene.inner = inner;
          return yield* work();
        });
      }),
    );
  },
};

interface Case {
  readonly source: Source;
  readonly sort: WaitSort;
  readonly moment: Moment;
  readonly place: string;
  readonly policy: Policy;
}

/** More turns, and more time, than any case needs. */
const MANY = 200;
const LATE = 200;

class Play {
  private readonly given: Case;
  private readonly scene: Scene;
  private readonly host: ManualHost = new ManualHost();
  private wait: AWait | undefined;
  private asked = false;
  /** What the request threw in the code outside that made it. */
  private refusal: unknown;
  private waiting = false;
  private result: unknown;
  /** The wait gave a value. */
  private wentOn = false;
  private readonly ends: End[] = [];
  private readonly rootEnds: End[] = [];

  constructor(given: Case) {
    this.given = given;
    this.scene = { controller: new AbortController(), raised: new Raised() } as Scene;
  }

  run(): void {
    const { host, scene } = this;
    const { fiber, scheduler } = begin(
      { host, policy: this.given.policy, signal: scene.controller.signal },
      () => this.program(),
    );
    scene.root = fiber;
    monitor(fiber, (end) => this.rootEnds.push(end));
    for (let turns = 0; ; turns++) {
      assert.ok(turns < MANY && host.time < LATE, "it comes to an end");
      checkScheduler(scheduler, this.ends.map((end) => end.fiber) as never as TaskFields[]);
      if (this.waiting && !this.asked) this.fromOutside();
      if (!host.step()) break;
    }
    assert.equal(fiber.alive, false, "nothing hangs");
    checkIdle(scheduler);
    assert.deepEqual(host.reported, []);
    assert.ok(this.asked, "it was asked");
    this.judge();
    this.judgeRoot();
  }

  private *program(): Routine<void> {
    const { given, scene } = this;
    const open = given.source.name === "a sibling's failure" ? scope : supervised;
    yield* moveOnAfter(
      1_000_000,
      function* (this: Play, deadline: Scene["deadline"]): Routine<void> {
        scene.deadline = deadline;
        yield* open(
          function* (this: Play, all: Scope): Routine<void> {
            scene.all = all;
            const { sort } = given;
            this.wait = sort.create({
              begins: () => this.at("while the wait begins"),
              undone: () => this.at("while the wait is undone"),
            });
            scene.target = spawn("target", () => this.target()) as AnyFiber;
            monitor(scene.target, (end) => this.ends.push(end));
            if (given.moment === "before it has started") this.ask();
            if (given.moment === "by its parent while it waits") yield* this.whenItWaits();
          }.bind(this),
        );
      }.bind(this),
    );
  }

  private *target(): Routine<unknown> {
    const { moment, place } = this.given;
    if (moment === "by its child while it waits") spawn(() => this.whenItWaits());
    return yield* (places[place] as (typeof places)[string])(this.scene, () => this.atTheWait());
  }

  private *atTheWait(): Routine<unknown> {
    const wait = this.wait as AWait;
    this.at("before the wait is made");
    const made = wait.make();
    this.at("between the wait's making and its beginning");
    this.waiting = true;
    this.result = yield* made as Op<unknown>;
    this.wentOn = true;
    yield* sleep(Infinity);
    return undefined;
  }

  private *whenItWaits(): Routine<void> {
    while (!this.waiting) yield* yieldNow();
    this.ask();
  }

  private at(moment: Moment): void {
    if (this.given.moment !== moment || this.asked) return;
    this.asked = true;
    // What it throws comes out of the user's code, in the target or in the undo.
    this.given.source.ask(this.scene);
  }

  /** Made by other code than the target's; a refusal is not thrown in the target. */
  private ask(): void {
    if (this.asked) return;
    this.asked = true;
    try {
      this.given.source.ask(this.scene);
    } catch (error) {
      this.refusal = error;
      void this.scene.target.cancel("refused");
    }
  }

  private fromOutside(): void {
    const { moment } = this.given;
    if (moment === "by plain code while it waits") this.ask();
    else if (moment === "when the wait has been woken") {
      (this.wait as Required<AWait>).wake(() => this.ask(), this.scene.target);
    } else if (moment === "while the wait is undone") void this.scene.target.cancel("first");
  }

  private judge(): void {
    const { moment, place, source } = this.given;
    assert.equal(this.ends.length, 1, "it has ended, once");
    const { ending, value } = this.ends[0] as End;
    const itself = moment === "before the wait is made" || moment.includes("begin");
    const refused = this.refusal !== undefined;
    if (refused) {
      assert.ok(this.refusal instanceof FiberError, String(this.refusal));
      assert.ok(source.kind === "raise" && moment === "before it has started", "it may be asked");
    }
    if (source.kind === "cancel" || refused) {
      assert.equal(ending, "cancelled", String(value));
      assert.ok(value instanceof Cancelled);
    } else if (source.kind === "inner") {
      // Quietly, unless the whole fiber was asked first.
      const outer = moment === "while the wait is undone";
      assert.equal(ending, outer ? "cancelled" : "returned", String(value));
    } else if (itself) {
      // By a method, in its own turn: the call throws, as Ruby's does.
      const wanted = source.kind === "kill" && place.includes("coroutine") ? "killed" : "failed";
      if (ending !== wanted) assert.equal(ending, "failed", String(value));
      if (ending === "failed") {
        const known = value === this.scene.raised || value instanceof FiberError;
        assert.ok(known, String(value));
      }
    } else if (source.kind === "kill") {
      assert.equal(ending, "killed", String(value));
    } else if (moment === "while the wait is undone") {
      // It was cancelled, and an undo that raises repeats it: the cancellation stands.
      assert.equal(ending, "cancelled", String(value));
    } else {
      assert.equal(ending, "failed");
      assert.equal(value, this.scene.raised);
    }
    // A sibling has to fail first, and a later limit to pass.
    const later = source.name === "a sibling's failure" || source.name === "a deadline later";
    if (!later && !refused && moment === "by plain code while it waits") {
      assert.equal(this.wentOn, false, "the wait was cut");
    }
    const cuts = source.kind === "cancel" || source.kind === "inner";
    if (cuts && moment === "when the wait has been woken") {
      const { name } = this.given.sort;
      if (!name.includes("children")) assert.equal(this.result, VALUE, "what it was woken with");
    }
  }

  private judgeRoot(): void {
    assert.equal(this.rootEnds.length, 1);
    const { ending, value } = this.rootEnds[0] as End;
    const { moment, source } = this.given;
    // Only the target was left to be ended, and it was ending already: then the run's value stands.
    if (moment === "while the wait is undone" && ending === "returned") return;
    switch (source.name) {
      case "run.cancel":
      case "a signal":
        return assert.equal(ending, "cancelled", String(value));
      case "a sibling's failure":
        return assert.equal(value, FAILURE);
      default:
        assert.equal(ending, "returned", String(value));
    }
  }
}

/** Moments that a wait does not have. */
function applies({ moment, place, sort, source }: Case): boolean {
  if (source.kind === "inner" && !place.includes("scope")) return false;
  if (source.kind === "inner" && moment === "before it has started") return false;
  switch (moment) {
    case "between the wait's making and its beginning":
      return sort.routine !== true;
    case "while the wait begins":
      return sort.hasBegin === true;
    case "while the wait is undone":
      return sort.hasUndo === true;
    case "when the wait has been woken":
      return sort.canWake === true;
    default:
      return true;
  }
}

const policies: readonly [string, Policy][] = [
  ["locality", locality],
  ["fifo", fifo],
  ["seeded", seeded(SEED)],
];

for (const sort of waits) {
  for (const source of sources) {
    test(`${source.name} × ${sort.name}, at every moment`, () => {
      for (const moment of MOMENTS) {
        for (const place of Object.keys(places)) {
          for (const [name, policy] of policies) {
            const given = { source, sort, moment, place, policy };
            if (!applies(given)) continue;
            try {
              new Play(given).run();
            } catch (cause) {
              throw new Error(`${moment}, ${place}, by ${name}, seed ${SEED}`, { cause });
            }
          }
        }
      }
    });
  }
}
