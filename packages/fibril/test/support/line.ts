/** Fibers that wait in a line, code that ends their waits in random ways, and an array as the model of the line. */
import assert from "node:assert/strict";
import {
  Cancelled,
  Fiber,
  FiberError,
  monitor,
  type Policy,
  type Routine,
  scope,
  type Scope,
  shield,
  supervised,
  yieldNow,
} from "fibril";
import { WaitQueue } from "#core/kernel/wait-queue";
import type { AnyFiber } from "./body.ts";
import type { Draws } from "./choices.ts";
import { playTurns } from "./turns.ts";

type Manner = "plain" | "scope" | "shield" | "coroutine" | "clean-up";
const MANNERS: readonly Manner[] = ["plain", "scope", "shield", "coroutine", "clean-up"];

/** What comes of one wait. */
type Fate = "waits" | "value" | "error" | "cancelled" | "raised" | "killed";

/** One wait of one fiber. */
interface Place {
  readonly who: Waiter;
  readonly item: number;
  readonly firm: boolean;
  scope: Scope | undefined;
  fate: Fate;
  value: unknown;
  seen: boolean;
}

class Waiter {
  readonly fiber: AnyFiber;
  place: Place | undefined;
  cancelled = false;
  killed = false;
  endings = 0;

  constructor(start: (self: Waiter) => AnyFiber) {
    this.fiber = start(this);
    monitor(this.fiber, () => this.endings++);
  }
}

export class Line {
  readonly queue: WaitQueue<number> = new WaitQueue("a turn");
  private readonly random: Draws;
  private readonly waiters: Waiter[] = [];
  /** The model: the waiting fibers, the oldest first. */
  private model: Place[] = [];
  private items = 0;
  private given = 0;
  private received = 0;
  /** Values that a kill, or an error that was raised, took along. */
  private taken = 0;
  /** The line is empty again. */
  private closing = false;
  /** How often each came about. */
  readonly fates: Record<Fate, number> = {
    waits: 0,
    value: 0,
    error: 0,
    cancelled: 0,
    raised: 0,
    killed: 0,
  };

  constructor(random: Draws) {
    this.random = random;
  }

  run(policy: Policy, actions: number): void {
    playTurns({
      policy,
      program: () => this.program(actions),
      fibers: () => this.waiters.map((each) => each.fiber),
      between: (alive) => {
        this.check();
        // Plain code acts between turns, fibers within them.
        if (alive && this.random.chance(3)) this.act();
      },
    });
    this.checkEnd();
  }

  private *program(actions: number): Routine<void> {
    yield* supervised(
      function* (this: Line, all: Scope): Routine<void> {
        for (let left = actions; left > 0; left--) {
          if (this.random.chance(4)) this.join(all);
          else this.act();
          if (this.random.chance(3)) yield* yieldNow();
        }
        this.closing = true;
        while (this.waiters.some((each) => each.fiber.alive)) {
          this.act("wake");
          yield* yieldNow();
        }
      }.bind(this),
    );
  }

  private join(all: Scope): void {
    const waiter: Waiter = new Waiter((self) =>
      all.spawn(() => this.waits(self, 1 + this.random.below(4))),
    );
    this.waiters.push(waiter);
  }

  private *waits(self: Waiter, times: number): Routine<void> {
    for (; times > 0 && !this.closing; times--) {
      const manner = this.random.pick(MANNERS);
      try {
        yield* this.waitIn(manner, self);
      } catch (error) {
        if (error instanceof Cancelled && self.cancelled) throw error;
        const known = error instanceof Failure || error instanceof Raised;
        if (!known && !(self.killed && error instanceof FiberError)) throw error;
      }
    }
  }

  private *waitIn(manner: Manner, self: Waiter): Routine<unknown> {
    switch (manner) {
      case "plain":
        return yield* this.wait(self, undefined, false);
      case "scope":
        return yield* scope((own: Scope) => this.wait(self, own, false));
      case "shield":
        return yield* shield(() => this.wait(self, undefined, true));
      case "coroutine":
        return yield* Fiber.resume(new Fiber(() => this.wait(self, undefined, false)));
      default:
        try {
          return yield* yieldNow();
        } finally {
          yield* shield(() => this.wait(self, undefined, true));
        }
    }
  }

  private *wait(self: Waiter, own: Scope | undefined, firm: boolean): Routine<unknown> {
    const item = this.items++;
    const place: Place = {
      who: self,
      item,
      firm,
      scope: own,
      fate: "waits",
      value: undefined,
      seen: false,
    };
    const refuses = self.cancelled && !firm;
    if (refuses) {
      place.fate = "cancelled";
    } else {
      this.model.push(place);
      self.place = place;
    }
    try {
      const value = yield* this.queue.wait(item);
      assert.equal(place.fate, "value", "who goes on with a value was given one");
      assert.equal(value, place.value, "it is the one that was given");
      assert.equal(place.seen, false, "once");
      place.seen = true;
      this.received++;
      return value;
    } catch (error) {
      this.isDue(place, error);
      place.seen = true;
      throw error;
    } finally {
      this.fates[place.fate]++;
      if (self.place === place) self.place = undefined;
    }
  }

  private isDue({ fate, value, who }: Place, error: unknown): void {
    if (fate === "cancelled") assert.ok(error instanceof Cancelled, String(error));
    else if (fate === "error" || fate === "raised") assert.equal(error, value);
    // A kill reaches a coroutine as an error, as in Ruby.
    else assert.ok(who.killed && error instanceof FiberError, `${fate}: ${String(error)}`);
  }

  /** One random action on the line, or on a fiber that stands in it. */
  act(what?: "wake"): void {
    const { random } = this;
    const deed =
      what ??
      random.weighted({ wake: 5, fail: 2, "end scope": 2, cancel: 1, kill: 1, raise: 2, all: 1 });
    switch (deed) {
      case "wake":
        return this.hand("value", { number: this.given });
      case "fail":
        return this.hand("error", new Failure(`failure ${this.given}`));
      case "all":
        for (let left = this.model.length; left > 0; left--) this.act("wake");
        return;
      default:
    }
    const living = this.waiters.filter((each) => each.place !== undefined);
    if (living.length === 0) return;
    this.disturb(deed, random.pick(living));
    this.check();
  }

  private hand(fate: "value" | "error", value: unknown): void {
    const place = this.model.shift();
    const took = fate === "value" ? this.queue.wake(value) : this.queue.fail(value);
    assert.equal(took, place !== undefined, "it is taken if, and only if, somebody waits");
    if (place !== undefined) {
      place.fate = fate;
      place.value = value;
      if (fate === "value") this.given++;
    }
    this.check();
  }

  private disturb(deed: "end scope" | "cancel" | "kill" | "raise", who: Waiter): void {
    const place = who.place as Place;
    const inLine = place.fate === "waits";
    switch (deed) {
      case "end scope":
        if (place.scope === undefined) return;
        place.scope.cancel("enough");
        if (inLine) this.leaves(place, "cancelled");
        return;
      case "cancel":
        who.cancelled = true;
        void who.fiber.cancel("enough");
        if (inLine && !place.firm) this.leaves(place, "cancelled");
        return;
      case "kill":
        // A second end of a wait that has been ended by an error: as raise does it, below.
        if (!inLine && place.fate !== "value") return;
        who.killed = who.cancelled = true;
        this.takes(place);
        who.fiber.kill();
        this.leaves(place, "killed");
        return;
      default: {
        const error = new Raised(`raised ${this.items}`);
        try {
          who.fiber.raise(error);
        } catch (refusal) {
          assert.ok(refusal instanceof FiberError && refusal.code === "pending", String(refusal));
          assert.ok(!inLine && place.fate !== "value");
          return;
        }
        this.takes(place);
        this.leaves(place, "raised");
        place.value = error;
      }
    }
  }

  /** A violent end takes along what its fiber was given and has not seen. */
  private takes(place: Place): void {
    if (place.fate === "value") this.taken++;
  }

  private leaves(place: Place, fate: Fate): void {
    this.model = this.model.filter((each) => each !== place);
    place.fate = fate;
  }

  /** The line is what the model says. */
  check(): void {
    const { model, queue } = this;
    assert.equal(queue.size, model.length, "its size");
    let index = 0;
    for (const task of queue) {
      assert.equal(task, model[index++]?.who.fiber, "the oldest first");
    }
    assert.equal(queue.oldest, model[0]?.who.fiber ?? null);
    assert.equal(queue.item, model[0]?.item);
  }

  private checkEnd(): void {
    assert.equal(this.queue.size, 0);
    assert.equal(this.queue.wake("nobody"), false);
    assert.ok(
      this.waiters.every((each) => each.endings === 1),
      "each ends once",
    );
    assert.equal(this.received + this.taken, this.given, "every value was received, once");
  }
}

class Failure extends Error {}
class Raised extends Error {}
