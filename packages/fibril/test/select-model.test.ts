/**
 * Select by lot, over messages, times, fibers and events at once, in random schedules with fibers that are ended anywhere.
 * The lot is not the model's to know, so this is what must hold whichever case is chosen: each message is received
 * once or is still there, an unchosen case has done nothing, no line keeps a fiber that could go on, and nothing stays
 * behind. channel-model.test.ts predicts every choice of select by priority.
 *
 * FIBRIL_CHANNEL_RUNS  how many; FIBRIL_SEED  which
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  Cancelled,
  Channel,
  Event,
  FiberError,
  locality,
  type Op,
  type Policy,
  type Routine,
  scope,
  type Scope,
  seeded,
  select,
  sleep,
  supervised,
  trySelect,
  yieldNow,
} from "fibril";
import type { AnyFiber } from "./support/body.ts";
import { Choices, type Draws } from "./support/choices.ts";
import { SEED } from "./support/seed.ts";
import { playTurns } from "./support/turns.ts";

const RUNS = Number(process.env["FIBRIL_CHANNEL_RUNS"] ?? 400);

class Raised extends Error {}

/** What has become of a message. A fiber that was killed or raised into may have sent it, or not. */
type Fate = "waits" | "sent" | "not sent" | "perhaps";

interface Message {
  readonly id: number;
  readonly sender: number;
  fate: Fate;
}

interface Case {
  readonly kind: "send" | "receive" | "sleep" | "join" | "event";
  readonly channel?: Channel<Message>;
  readonly message?: Message;
  readonly op: () => Op<unknown>;
}

interface Actor {
  readonly id: number;
  fiber: AnyFiber;
  inner: Scope | undefined;
  /** The cases among which it chooses now. */
  cases: readonly Case[];
  violated: boolean;
}

class World {
  readonly counts: Record<string, number> = {};
  private readonly draws: Draws;
  private readonly channels: Channel<Message>[];
  private readonly event: Event = new Event();
  private readonly actors: Actor[] = [];
  private readonly messages: Message[] = [];
  private readonly received = new Set<Message>();
  /** Receives that were violated: each may have taken a message along. */
  private losses = 0;

  constructor(draws: Draws) {
    this.draws = draws;
    this.channels = Array.from(
      { length: 1 + draws.below(3) },
      () => new Channel(draws.pick([0, 1, 2])),
    );
  }

  run(policy: Policy): void {
    playTurns({
      policy,
      program: () => this.program(),
      between: () => this.check(),
    });
    this.checkEnd();
  }

  private *program(): Routine<void> {
    const { draws } = this;
    yield* supervised(
      function* (this: World, all: Scope): Routine<void> {
        for (let left = 2 + draws.below(5); left > 0; left--) this.join(all);
        for (let left = draws.below(8); left > 0; left--) {
          for (let turns = 1 + draws.below(3); turns > 0; turns--) yield* yieldNow();
          this.disturb(draws.pick(this.actors));
          if (draws.chance(4)) this.event.set();
          if (draws.chance(4)) this.event.reset();
        }
        yield* sleep(20);
        for (const channel of this.channels) channel.close();
        this.event.set();
      }.bind(this),
    );
  }

  private join(all: Scope): void {
    const actor: Actor = {
      id: this.actors.length,
      fiber: undefined as never,
      inner: undefined,
      cases: [],
      violated: false,
    };
    actor.fiber = all.spawn(() => this.lives(actor)) as AnyFiber;
    this.actors.push(actor);
  }

  private *lives(self: Actor): Routine<void> {
    /** The last message of each sender through each channel. */
    const last = new Map<string, number>();
    for (let left = 1 + this.draws.below(5); left > 0; left--) {
      try {
        yield* scope(
          function* (this: World, inner: Scope): Routine<void> {
            self.inner = inner;
            yield* this.chooses(self, last);
          }.bind(this),
        );
        if (this.draws.chance(2)) yield* yieldNow();
      } catch (error) {
        if (error instanceof Cancelled) throw error;
        assert.ok(error instanceof Raised || error instanceof FiberError, String(error));
      }
    }
  }

  private *chooses(self: Actor, last: Map<string, number>): Routine<void> {
    const cases = Array.from({ length: 1 + this.draws.below(4) }, () => this.case(self));
    const priority = this.draws.chance(4);
    self.cases = cases;
    self.violated = false;
    let chosen: number | undefined;
    let tried = false;
    const ops = cases.map(({ op }) => op);
    try {
      if (this.draws.chance(5)) {
        tried = true;
        const found = trySelect(ops, { priority });
        chosen = found?.key;
        if (found !== undefined) this.gets(cases[found.key] as Case, found.value, last);
      } else {
        const { key, value } = yield* select(ops, { priority });
        chosen = key;
        this.gets(cases[key] as Case, value, last);
      }
      this.count(chosen === undefined ? "missed" : (cases[chosen] as Case).kind);
    } catch (error) {
      this.count(error instanceof Cancelled ? "cancelled" : "failed");
      throw error;
    } finally {
      self.cases = [];
      const violated = self.violated && !tried && chosen === undefined;
      for (const [index, { kind, message }] of cases.entries()) {
        if (message !== undefined) {
          message.fate = violated ? "perhaps" : index === chosen ? "sent" : "not sent";
        }
        if (kind === "receive" && violated) this.losses++;
      }
    }
  }

  private gets({ channel, kind }: Case, value: unknown, last: Map<string, number>): void {
    if (kind !== "receive") return;
    const message = value as Message;
    assert.ok(!this.received.has(message), `message ${message.id} is received once`);
    assert.notEqual(message.fate, "not sent", `message ${message.id} was not sent`);
    this.received.add(message);
    const key = `${this.channels.indexOf(channel as Channel<Message>)} ${message.sender}`;
    assert.ok((last.get(key) ?? -1) < message.id, "in the order of sending");
    last.set(key, message.id);
  }

  private case(self: Actor): Case {
    const { draws } = this;
    const kind = draws.weighted({ send: 4, receive: 4, sleep: 1, join: 1, event: 1 });
    const channel = draws.pick(this.channels);
    switch (kind) {
      case "send": {
        const message: Message = { id: this.messages.length, sender: self.id, fate: "waits" };
        this.messages.push(message);
        return { kind, channel, message, op: () => channel.send(message) };
      }
      case "receive":
        return { kind, channel, op: () => channel.receive() };
      case "join": {
        // Itself it cannot join, and two that join each other are a deadlock.
        const other = this.actors.find((each) => each.id < self.id);
        return {
          kind,
          op: () => (other === undefined ? sleep(2) : (other.fiber.join() as Op<unknown>)),
        };
      }
      case "event":
        return { kind, op: () => this.event.wait() };
      default: {
        const ms = 1 + draws.below(3);
        return { kind, op: () => sleep(ms) };
      }
    }
  }

  private disturb(who: Actor): void {
    const { fiber, inner } = who;
    if (!fiber.alive) return;
    const deed = this.draws.pick(["end scope", "cancel", "raise", "kill"] as const);
    this.count(deed);
    if (deed === "end scope") inner?.cancel("enough");
    else if (deed === "cancel") void fiber.cancel("enough");
    else {
      who.violated = true;
      try {
        if (deed === "kill") fiber.kill();
        else fiber.raise(new Raised());
      } catch (refusal) {
        assert.ok(refusal instanceof FiberError, String(refusal));
      }
    }
  }

  /** No fiber waits that could go on. */
  private check(): void {
    for (const channel of this.channels) {
      const { buffered, capacity, receiving, sending } = channel.stats();
      assert.ok(receiving === 0 || buffered === 0, "a message waits, and so does a receiver");
      assert.ok(sending === 0 || buffered === capacity, "there is room, and a sender waits");
      if (sending === 0 || receiving === 0) continue;
      // Only a select that would have to meet itself.
      const own = (kind: Case["kind"], { cases }: Actor): number =>
        cases.filter((each) => each.kind === kind && each.channel === channel).length;
      assert.ok(
        this.actors.some(
          (each) => own("send", each) === sending && own("receive", each) === receiving,
        ),
        `${sending} wait to send and ${receiving} to receive`,
      );
    }
  }

  private checkEnd(): void {
    for (const channel of this.channels) {
      for (const message of channel.tryDrain()) {
        assert.ok(!this.received.has(message), `message ${message.id} is received once`);
        assert.notEqual(message.fate, "not sent", `message ${message.id} was not sent`);
        this.received.add(message);
      }
      const { buffered, receiving, sending } = channel.stats();
      assert.deepEqual({ buffered, receiving, sending }, { buffered: 0, receiving: 0, sending: 0 });
    }
    const lost = this.messages.filter((each) => each.fate === "sent" && !this.received.has(each));
    assert.ok(lost.length <= this.losses, `lost: ${lost.map(({ id }) => id).join(", ")}`);
    assert.equal(this.event.stats().waiting, 0);
  }

  private count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }
}

const choices: fc.Arbitrary<number[]> = fc.array(fc.nat(0xffff), { maxLength: 250, size: "max" });

for (const [name, policy] of [
  ["locality", () => locality],
  ["seeded", seeded],
] as readonly (readonly [string, (seed: number) => Policy])[]) {
  test(`${RUNS} random schedules of select, by ${name}`, (t) => {
    const counts: Record<string, number> = {};
    fc.assert(
      fc.property(choices, fc.nat(), (list, seed) => {
        const world = new World(new Choices(list));
        world.run(policy(seed));
        for (const [what, times] of Object.entries(world.counts)) {
          counts[what] = (counts[what] ?? 0) + times;
        }
      }),
      { seed: SEED, numRuns: RUNS, includeErrorInReport: true },
    );
    t.diagnostic(`seed ${SEED}: ${JSON.stringify(counts)}`);
  });
}
