/**
 * Broadcasts against arrays: in random schedules somebody sends, subscribes, receives, leaves, and cancels who
 * waits to send.
 *
 * FIBRIL_BROADCAST_RUNS  how many; FIBRIL_SEED  which
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Broadcast,
  Fiber,
  fifo,
  locality,
  type Receiver,
  type Routine,
  seeded,
  type Slow,
  spawn,
  supervised,
  yieldNow,
} from "fibril";
import { Random } from "./differential/random.ts";
import type { AnyFiber } from "./support/body.ts";
import { play } from "./support/manual-host.ts";
import { SEED } from "./support/seed.ts";

const RUNS = Number(process.env["FIBRIL_BROADCAST_RUNS"] ?? 500);

interface Subscriber {
  readonly real: Receiver<number>;
  inbox: number[];
  failed: boolean;
}

interface Sending {
  readonly value: number;
  readonly fiber: AnyFiber;
}

class Model {
  readonly capacity: number;
  readonly slow: Slow;
  readonly replay: number;
  readonly news: Broadcast<number>;
  subscribers: Subscriber[] = [];
  last: number[] = [];
  /** Who waits to send, the oldest first. */
  waiting: Sending[] = [];
  next = 0;
  /** Fibers that are to send. */
  pending = 0;

  constructor(random: Random) {
    this.capacity = 1 + random.below(3);
    this.slow = random.pick(["wait", "sliding", "dropping", "fail"]);
    this.replay = random.below(this.capacity + 1);
    this.news = new Broadcast(this.capacity, { slow: this.slow, replay: this.replay });
  }

  get full(): boolean {
    const { capacity, slow, subscribers } = this;
    return slow === "wait" && subscribers.some((each) => each.inbox.length >= capacity);
  }

  deliver(value: number): void {
    this.last = this.replay === 0 ? [] : [...this.last, value].slice(-this.replay);
    for (const each of this.subscribers) {
      if (each.inbox.length < this.capacity) each.inbox.push(value);
      else if (this.slow === "sliding") each.inbox = [...each.inbox.slice(1), value];
      else if (this.slow === "fail") {
        each.failed = true;
        this.subscribers = this.subscribers.filter((other) => other !== each);
      }
    }
  }

  /** Who waits sends as long as there is room. */
  flush(): void {
    while (!this.full && this.waiting.length > 0) {
      this.deliver((this.waiting.shift() as Sending).value);
    }
  }

  trySend(): void {
    const value = this.next++;
    const room = !this.full;
    assert.equal(this.news.trySend(value), room);
    if (room) this.deliver(value);
  }

  *send(value: number, done: number[]): Routine {
    // In the turn in which it begins to wait, or does not.
    if (this.full) this.waiting.push({ value, fiber: Fiber.current as AnyFiber });
    else this.deliver(value);
    try {
      yield* this.news.send(value);
      done.push(value);
    } finally {
      this.pending--;
    }
  }

  subscribe(all: Subscriber[]): void {
    const subscriber = { real: this.news.subscribe(), inbox: [...this.last], failed: false };
    this.subscribers.push(subscriber);
    all.push(subscriber);
  }

  receive(subscriber: Subscriber): void {
    const value = subscriber.inbox[0];
    if (value === undefined) {
      if (subscriber.failed) assert.throws(() => subscriber.real.tryReceive());
      else assert.equal(subscriber.real.tryReceive(), undefined);
      return;
    }
    assert.equal(subscriber.real.tryReceive(), value);
    subscriber.inbox.shift();
    this.flush();
  }

  leave(subscriber: Subscriber): void {
    subscriber.real.close();
    this.subscribers = this.subscribers.filter((each) => each !== subscriber);
    this.flush();
  }

  cancel(random: Random): void {
    const [sending] = this.waiting.splice(random.below(this.waiting.length), 1);
    void sending?.fiber.cancel();
  }

  check(): void {
    assert.deepEqual(this.news.stats(), {
      subscribers: this.subscribers.length,
      behind: Math.max(0, ...this.subscribers.map((each) => each.inbox.length)),
      sending: this.waiting.length,
      closed: false,
    });
  }
}

function* program(random: Random): Routine {
  const model = new Model(random);
  const done: number[] = [];
  let all: Subscriber[] = [];
  yield* supervised(function* () {
    for (let left = 60; left > 0; left--) {
      const deed = random.weighted({
        trySend: 4,
        send: 3,
        subscribe: 2,
        receive: 6,
        leave: 1,
        cancel: 1,
        turn: 4,
      });
      if (deed === "trySend") model.trySend();
      else if (deed === "send") {
        model.pending++;
        spawn(() => model.send(model.next++, done));
      } else if (deed === "subscribe") model.subscribe(all);
      else if (deed === "turn") yield* yieldNow();
      else if (deed === "cancel") {
        if (model.waiting.length > 0) model.cancel(random);
      } else if (all.length > 0) {
        const subscriber = random.pick(all);
        if (deed === "receive") model.receive(subscriber);
        else {
          model.leave(subscriber);
          all = all.filter((each) => each !== subscriber);
        }
      }
      model.check();
    }
    while (model.pending > 0) {
      for (const each of all) model.receive(each);
      model.check();
      yield* yieldNow();
    }
  });
  assert.equal(new Set(done).size, done.length);
}

for (const [name, policy] of [
  ["locality", locality],
  ["fifo", fifo],
  ["seeded", seeded(SEED)],
] as const) {
  test(`${RUNS} random schedules of broadcasts, by ${name}`, (t) => {
    t.diagnostic(`seed ${SEED}`);
    for (let run = 0; run < RUNS; run++) {
      try {
        play(() => program(new Random(SEED + run)), { policy });
      } catch (cause) {
        throw new Error(`FIBRIL_SEED=${SEED + run} FIBRIL_BROADCAST_RUNS=1`, { cause });
      }
    }
  });
}
