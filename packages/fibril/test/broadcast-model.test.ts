/**
 * Broadcasts against arrays. In random schedules, fibers send and receive, and are cancelled, killed and raised into
 * wherever they stand; subscribers come and leave, and the broadcast is closed. fast-check shrinks a run that fails.
 *
 * FIBRIL_BROADCAST_RUNS  how many; FIBRIL_SEED  which
 */
import assert from "node:assert/strict";
import {
  Broadcast,
  FiberError,
  type Receiver,
  type Routine,
  type Scope,
  type Slow,
  supervised,
  yieldNow,
} from "fibril";
import type { Draws } from "./support/choices.ts";
import { Crew, type Step } from "./support/crew.ts";
import { randomSchedules } from "./support/random-schedules.ts";

const RUNS = Number(process.env["FIBRIL_BROADCAST_RUNS"] ?? 300);

interface Subscriber {
  readonly real: Receiver<number>;
  inbox: number[];
  /** Steps that wait to receive, the oldest first. */
  waiting: Step[];
  /** What a receive fails with when the inbox is empty. */
  end: "closed" | "ended" | "broken" | undefined;
}

class World {
  readonly crew: Crew;
  private readonly draws: Draws;
  private readonly news: Broadcast<number>;
  private readonly capacity: number;
  private readonly slow: Slow;
  private readonly replay: number;
  /** Those that the broadcast still sends to. */
  private subscribers: Subscriber[] = [];
  private readonly all: Subscriber[] = [];
  private last: number[] = [];
  private senders: { readonly value: number; readonly step: Step }[] = [];
  private closed = false;
  private values = 0;

  constructor(draws: Draws) {
    this.crew = new Crew(draws);
    this.draws = draws;
    this.capacity = 1 + draws.below(3);
    this.slow = draws.pick(["wait", "wait", "sliding", "dropping", "fail"] as const);
    this.replay = draws.below(this.capacity + 1);
    this.news = new Broadcast(this.capacity, { slow: this.slow, replay: this.replay });
  }

  *program(actions: number): Routine<void> {
    yield* supervised(
      function* (this: World, all: Scope): Routine<void> {
        for (let left = actions; left > 0; left--) {
          this.act(all);
          this.check();
          if (this.draws.chance(2)) yield* yieldNow();
        }
        this.close();
        this.check();
      }.bind(this),
    );
    assert.equal(this.senders.length, 0, "no sender is left waiting");
  }

  private act(all: Scope): void {
    const { draws } = this;
    switch (
      draws.weighted({
        subscribe: 4,
        "a sender": 6,
        "a receiver": 6,
        trySend: 6,
        tryReceive: 4,
        disturb: 6,
        leave: 2,
        close: 1,
      })
    ) {
      case "subscribe":
        this.subscribe();
        break;
      case "a sender":
        this.crew.spawn(all, 1 + draws.below(3), (self) => {
          const value = this.values++;
          return this.crew.performs(
            self,
            (step) => this.begins(value, step),
            () => this.news.send(value),
          );
        });
        break;
      case "a receiver": {
        if (this.all.length === 0) return;
        const subscriber = draws.pick(this.all);
        this.crew.spawn(all, 1 + draws.below(4), (self) =>
          this.crew.performs(
            self,
            (step) => this.receives(subscriber, step),
            () => subscriber.real.receive(),
          ),
        );
        break;
      }
      case "trySend":
        this.tries(this.values++);
        break;
      case "tryReceive":
        if (this.all.length > 0) this.takes(draws.pick(this.all));
        break;
      case "disturb":
        this.crew.disturb((step) => this.leaves(step));
        break;
      case "leave":
        if (this.all.length > 0) this.unsubscribe(draws.pick(this.all));
        break;
      default:
        if (draws.chance(5)) this.close();
    }
  }

  private get full(): boolean {
    const { capacity, slow, subscribers } = this;
    return slow === "wait" && subscribers.some((each) => each.inbox.length >= capacity);
  }

  private begins(value: number, step: Step): void {
    if (this.closed) step.fate = "closed";
    else if (this.full) this.senders.push({ value, step });
    else {
      step.fate = "value";
      this.deliver(value);
    }
  }

  private deliver(value: number): void {
    if (this.replay > 0) this.last = [...this.last, value].slice(-this.replay);
    for (const each of this.subscribers) {
      const [step] = each.waiting;
      if (step !== undefined) {
        each.waiting.shift();
        Object.assign(step, { fate: "value", value });
      } else if (each.inbox.length < this.capacity) each.inbox.push(value);
      else if (this.slow === "sliding") each.inbox = [...each.inbox.slice(1), value];
      else if (this.slow === "fail") {
        each.end = "broken";
        this.subscribers = this.subscribers.filter((other) => other !== each);
      }
    }
  }

  /** Fibers that wait send as soon as there is room. */
  private flush(): void {
    while (!this.full && this.senders.length > 0) {
      const { step, value } = this.senders.shift() as (typeof this.senders)[number];
      step.fate = "value";
      this.deliver(value);
    }
  }

  private receives(subscriber: Subscriber, step: Step): void {
    const value = subscriber.inbox.shift();
    if (value !== undefined) {
      Object.assign(step, { fate: "value", value });
      this.flush();
    } else if (subscriber.end !== undefined) step.fate = subscriber.end;
    else subscriber.waiting.push(step);
  }

  private leaves(step: Step): void {
    this.senders = this.senders.filter((each) => each.step !== step);
    for (const each of this.all) each.waiting = each.waiting.filter((other) => other !== step);
  }

  private subscribe(): void {
    const subscriber: Subscriber = {
      real: this.news.subscribe(),
      inbox: [...this.last],
      waiting: [],
      end: this.closed ? "ended" : undefined,
    };
    this.all.push(subscriber);
    if (!this.closed) this.subscribers.push(subscriber);
  }

  private unsubscribe(subscriber: Subscriber): void {
    const { waiting } = subscriber;
    Object.assign(subscriber, { inbox: [], waiting: [], end: "closed" });
    this.subscribers = this.subscribers.filter((each) => each !== subscriber);
    for (const step of waiting) step.fate = "closed";
    this.flush();
    subscriber.real.close();
  }

  private tries(value: number): void {
    if (this.closed) {
      assert.throws(() => this.news.trySend(value), hasCode("closed"));
      return;
    }
    const room = !this.full;
    if (room) this.deliver(value);
    assert.equal(this.news.trySend(value), room);
  }

  private takes(subscriber: Subscriber): void {
    const step: Step = { fate: "waits", value: undefined };
    this.receives(subscriber, step);
    this.leaves(step);
    const { end, real } = subscriber;
    if (step.fate === "value" || step.fate === "waits") {
      assert.equal(real.tryReceive(), step.value);
    } else assert.throws(() => real.tryReceive(), hasCode(end as string));
  }

  private close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const { step } of this.senders) step.fate = "closed";
    this.senders = [];
    for (const each of this.subscribers) {
      each.end = "ended";
      for (const step of each.waiting) step.fate = "ended";
      each.waiting = [];
    }
    this.subscribers = [];
    this.news.close();
  }

  /** The broadcast is what the model says. */
  check(): void {
    assert.deepEqual(this.news.stats(), {
      subscribers: this.subscribers.length,
      behind: Math.max(0, ...this.subscribers.map((each) => each.inbox.length)),
      sending: this.senders.length,
      closed: this.closed,
    });
  }
}

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof FiberError && error.code === code;
}

randomSchedules("broadcasts", { runs: RUNS, draws: 500, actions: 60 }, (draws, policy, actions) => {
  const world = new World(draws);
  world.crew.run(
    policy,
    () => world.program(actions),
    () => world.check(),
  );
  return world.crew.fates;
});
