/**
 * Fibers that send, receive and choose, somebody who ends them, and closes channels and halves, in random ways,
 * and a model that knows better.
 */
import assert from "node:assert/strict";
import {
  Cancelled,
  Channel,
  Fiber,
  FiberError,
  type Op,
  type Policy,
  type Receiver,
  type Routine,
  scope,
  type Scope,
  select,
  type Sender,
  shield,
  supervised,
  yieldNow,
} from "fibril";
import type { AnyFiber } from "./body.ts";
import { begin, leave, ModelChannel, type ModelHalf, NONE, type Step } from "./channel-model.ts";
import type { Draws } from "./choices.ts";
import { playTurns } from "./turns.ts";

type Manner = "plain" | "scope" | "shield" | "coroutine";
const MANNERS: readonly Manner[] = ["plain", "plain", "scope", "shield", "coroutine"];
type Kind = "send" | "receive" | "next";
const KINDS: readonly Kind[] = ["send", "send", "receive", "next"];
const CAPACITIES = [0, 0, 1, 2, Infinity] as const;

/** A channel, its halves, and what they are to do. */
interface Pair {
  readonly channel: Channel<number>;
  readonly model: ModelChannel;
  readonly halves: Half[];
}

interface Half {
  readonly real: Sender<number> | Receiver<number>;
  readonly model: ModelHalf;
}

/** A case, and the op that is it. */
interface Choice {
  readonly op: () => Op<unknown>;
  readonly model: Step["cases"][number];
}

class Actor {
  readonly fiber: AnyFiber;
  step: Step | undefined;
  firm = false;
  scope: Scope | undefined;
  cancelled = false;
  killed = false;

  constructor(start: (self: Actor) => AnyFiber) {
    this.fiber = start(this);
  }
}

class Raised extends Error {}

export class ChannelWorld {
  /** How often each came about. */
  readonly fates: Record<string, number> = {};
  private readonly random: Draws;
  private readonly pairs: Pair[] = [];
  private readonly actors: Actor[] = [];
  private values = 0;
  private closing = false;

  constructor(random: Draws) {
    this.random = random;
    for (let left = 1 + random.below(3); left > 0; left--) this.pairs.push(this.pair());
  }

  run(policy: Policy, actions: number): void {
    playTurns({
      policy,
      program: () => this.program(actions),
      fibers: () => this.actors.map((each) => each.fiber),
      between: (alive) => {
        this.check();
        // Plain code acts between turns, fibers within them.
        if (alive && this.random.chance(3)) this.act();
      },
    });
  }

  private pair(): Pair {
    const { random } = this;
    const overflow = random.pick(["wait", "wait", "sliding", "dropping"] as const);
    const capacity = overflow === "wait" ? random.pick(CAPACITIES) : 1 + random.below(2);
    const channel = new Channel<number>(capacity, { overflow });
    return { channel, model: new ModelChannel(capacity, overflow), halves: [] };
  }

  private *program(actions: number): Routine<void> {
    yield* supervised(
      function* (this: ChannelWorld, all: Scope): Routine<void> {
        for (let left = actions; left > 0; left--) {
          if (this.random.chance(4)) this.join(all);
          else this.act();
          if (this.random.chance(3)) yield* yieldNow();
        }
        this.closing = true;
        for (const { channel, model } of this.pairs) {
          channel.close();
          model.finish("closed");
        }
        this.check();
      }.bind(this),
    );
  }

  private join(all: Scope): void {
    const actor = new Actor((self) => all.spawn(() => this.lives(self, 1 + this.random.below(10))));
    this.actors.push(actor);
  }

  private *lives(self: Actor, times: number): Routine<void> {
    for (; times > 0 && !this.closing; times--) {
      const manner = this.random.pick(MANNERS);
      try {
        yield* this.acts(manner, self);
      } catch (error) {
        if (error instanceof Cancelled && self.cancelled) throw error;
        if (!(error instanceof Raised) && !(error instanceof FiberError)) throw error;
      }
    }
  }

  private *acts(manner: Manner, self: Actor): Routine<unknown> {
    switch (manner) {
      case "plain":
        return yield* this.steps(self, undefined, false);
      case "scope":
        return yield* scope((own: Scope) => this.steps(self, own, false));
      case "shield":
        return yield* shield(() => this.steps(self, undefined, true));
      default:
        return yield* Fiber.resume(new Fiber(() => this.steps(self, undefined, false)));
    }
  }

  private *steps(self: Actor, own: Scope | undefined, firm: boolean): Routine<unknown> {
    const choices = Array.from({ length: this.random.pick([1, 1, 2, 3]) }, () => this.choice());
    const chooses = choices.length > 1 || this.random.chance(8);
    const step: Step = {
      cases: choices.map((each) => each.model),
      chooses,
      fate: "waits",
      value: undefined,
    };
    if (self.cancelled && !firm) step.fate = "cancelled";
    else begin(step);
    self.step = step;
    self.scope = own;
    self.firm = firm;
    try {
      const value = chooses
        ? yield* select(
            choices.map((each) => each.op),
            { priority: true },
          )
        : yield* (choices[0] as Choice).op();
      assert.equal(step.fate, "value", "who goes on has what it asked for");
      assert.deepEqual(value, step.value);
      return value;
    } catch (error) {
      this.isDue(self, step, error);
      throw error;
    } finally {
      this.fates[step.fate] = (this.fates[step.fate] ?? 0) + 1;
      if (self.step === step) self.step = undefined;
    }
  }

  private choice(): Choice {
    const { channel, halves, model } = this.random.pick(this.pairs);
    const kind = this.random.pick(KINDS);
    const value = this.values++;
    const side = kind === "send" ? "sender" : "receiver";
    const own = halves.filter((each) => each.model.side === side);
    const half = own.length > 0 && this.random.chance(2) ? this.random.pick(own) : undefined;
    const real = (half?.real ?? channel) as Channel<number>;
    return {
      model: { kind, channel: model, half: half?.model, value },
      op: () =>
        kind === "send" ? real.send(value) : kind === "next" ? real.next(NONE) : real.receive(),
    };
  }

  private isDue(self: Actor, { fate, value }: Step, error: unknown): void {
    if (fate === "cancelled") assert.ok(error instanceof Cancelled, String(error));
    else if (fate === "raised") assert.equal(error, value);
    else if (fate === "killed") {
      // Who is killed in a coroutine learns it by an error, as in Ruby.
      assert.ok(self.killed && error instanceof FiberError, String(error));
    } else {
      assert.ok(error instanceof FiberError, `${fate}: ${String(error)}`);
      assert.equal(error.code, fate);
    }
  }

  /** Somebody does something to a channel, or to one who waits for it. */
  private act(): void {
    const { random } = this;
    const deed = random.weighted({
      trySend: 4,
      tryReceive: 4,
      "end scope": 3,
      cancel: 1,
      kill: 1,
      raise: 2,
      half: 2,
      "close half": 1,
      close: 0.3,
    });
    const pair = random.pick(this.pairs);
    switch (deed) {
      case "trySend":
        this.tries(pair, "send");
        break;
      case "tryReceive":
        this.tries(pair, "receive");
        break;
      case "half":
        this.half(pair);
        break;
      case "close half": {
        if (pair.halves.length === 0) return;
        const half = random.pick(pair.halves);
        half.real.close();
        pair.model.closeHalf(half.model);
        break;
      }
      case "close":
        pair.channel.close();
        pair.model.finish("closed");
        break;
      default: {
        const living = this.actors.filter((each) => each.step !== undefined);
        if (living.length > 0) this.disturb(deed, random.pick(living));
      }
    }
    this.check();
  }

  private tries({ channel, model }: Pair, kind: "send" | "receive"): void {
    const value = this.values++;
    const due = model.attempt({ kind, channel: model, half: undefined, value });
    const real = (): unknown =>
      kind === "send" ? channel.trySend(value) : channel.tryReceive(NONE);
    if (due === undefined) assert.equal(real(), kind === "send" ? false : NONE);
    else if (due[0] === "value") assert.equal(real(), kind === "send" ? true : due[1]);
    else assert.throws(real, (error) => error instanceof FiberError && error.code === due[0]);
  }

  private half({ channel, halves, model }: Pair): void {
    if (model.end !== undefined) return;
    const side = this.random.pick(["sender", "receiver"] as const);
    const siblings = halves.filter((each) => each.model.side === side && !each.model.closed);
    const real =
      siblings.length > 0 && this.random.chance(2)
        ? (this.random.pick(siblings).real as Sender<number>).clone()
        : side === "sender"
          ? channel.sender()
          : channel.receiver();
    model.open[side]++;
    halves.push({ real, model: { side, channel: model, closed: false } });
  }

  private disturb(deed: "end scope" | "cancel" | "kill" | "raise", who: Actor): void {
    const step = who.step as Step;
    const waits = step.fate === "waits";
    switch (deed) {
      case "end scope":
        if (who.scope === undefined) return;
        who.scope.cancel("enough");
        if (waits) this.ends(step, "cancelled");
        return;
      case "cancel":
        who.cancelled = true;
        void who.fiber.cancel("enough");
        if (waits && !who.firm) this.ends(step, "cancelled");
        return;
      case "kill":
        // A second end of a wait that has been ended by an error: as raise does it, below.
        if (!waits && step.fate !== "value") return;
        who.killed = who.cancelled = true;
        who.fiber.kill();
        this.ends(step, "killed");
        return;
      default: {
        const error = new Raised(`raised ${this.values}`);
        try {
          who.fiber.raise(error);
        } catch (refusal) {
          assert.ok(refusal instanceof FiberError && refusal.code === "pending", String(refusal));
          assert.ok(!waits && step.fate !== "value");
          return;
        }
        this.ends(step, "raised");
        step.value = error;
      }
    }
  }

  private ends(step: Step, fate: "cancelled" | "killed" | "raised"): void {
    leave(step);
    step.fate = fate;
  }

  /** The channels are what the model says. */
  private check(): void {
    for (const { channel, model } of this.pairs) {
      assert.deepEqual(channel.stats(), {
        buffered: model.buffer.length,
        capacity: model.capacity,
        sending: model.senders.length,
        receiving: model.receivers.length,
        dropped: model.dropped,
        senders: model.open.sender,
        receivers: model.open.receiver,
        closed: model.end !== undefined,
      });
    }
  }
}
