/**
 * Mailboxes against an array: a fiber receives what it wants, others send, are cancelled while they wait for
 * room, and change the bounds, in random schedules.
 *
 * FIBRIL_MAILBOX_RUNS  how many; FIBRIL_SEED  which
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Fiber,
  FiberError,
  fifo,
  locality,
  mailbox,
  type Overflow,
  receive,
  type Routine,
  seeded,
  send,
  spawn,
  supervised,
  tryReceive,
  trySend,
  yieldNow,
} from "fibril";
import { Random } from "./differential/random.ts";
import type { AnyFiber } from "./support/body.ts";
import { play } from "./support/manual-host.ts";
import { SEED } from "./support/seed.ts";

const RUNS = Number(process.env["FIBRIL_MAILBOX_RUNS"] ?? 500);
const KINDS = 3;

/** Wants messages of one kind: those that leave this rest. */
type Wanted = number | undefined;
const wants = (wanted: Wanted, message: number): boolean =>
  wanted === undefined || message % KINDS === wanted;

class Model {
  readonly owner: AnyFiber;
  readonly random: Random;
  letters: number[] = [];
  senders: { readonly value: number; readonly fiber: AnyFiber }[] = [];
  /** What the owner waits for; what it was given. */
  waits: { readonly wanted: Wanted } | undefined;
  given: number | undefined;
  capacity = Infinity;
  overflow: Overflow = "wait";
  dropped = 0;
  next = 0;

  constructor(random: Random) {
    this.random = random;
    this.owner = spawn(() => this.receives()) as AnyFiber;
  }

  /** Answers whether it needs no waiting. */
  put(value: number): boolean {
    if (this.waits !== undefined && wants(this.waits.wanted, value)) {
      this.waits = undefined;
      this.given = value;
      return true;
    }
    if (this.letters.length >= this.capacity) {
      if (this.overflow === "wait") return false;
      this.dropped++;
      if (this.overflow === "dropping") return true;
      this.letters.shift();
    }
    this.letters.push(value);
    return true;
  }

  take(wanted: Wanted): number | undefined {
    const index = this.letters.findIndex((each) => wants(wanted, each));
    if (index < 0) return undefined;
    const [value] = this.letters.splice(index, 1);
    this.admit();
    return value;
  }

  admit(): void {
    while (this.letters.length < this.capacity && this.senders.length > 0) {
      this.put((this.senders.shift() as { value: number }).value);
    }
  }

  *receives(): Routine {
    for (;;) {
      const wanted = this.random.chance(2) ? this.random.below(KINDS) : undefined;
      const match = wanted === undefined ? undefined : (each: number) => wants(wanted, each);
      const expected = this.take(wanted);
      if (this.random.chance(4)) {
        assert.equal(tryReceive<number>(match), expected);
        yield* yieldNow();
        continue;
      }
      if (expected === undefined) this.waits = { wanted };
      const message = yield* receive<number>(match);
      assert.equal(message, expected ?? this.given);
      this.given = undefined;
      if (this.random.chance(2)) yield* yieldNow();
    }
  }

  *sends(value: number): Routine {
    const fiber = Fiber.current as AnyFiber;
    if (this.owner.alive && !this.put(value)) this.senders.push({ value, fiber });
    try {
      yield* send(this.owner, value);
    } catch (error) {
      if (!(error instanceof FiberError)) throw error;
      assert.equal(error.code, "broken");
      assert.equal(this.owner.alive, false);
    }
  }

  act(): void {
    const { owner, random } = this;
    switch (random.weighted({ trySend: 4, send: 4, cancel: 1, bound: 1 })) {
      case "trySend": {
        const value = this.next++;
        assert.equal(trySend(owner, value), this.put(value));
        break;
      }
      case "send":
        spawn(() => this.sends(this.next++));
        break;
      case "cancel": {
        if (this.senders.length === 0) return;
        const [sender] = this.senders.splice(random.below(this.senders.length), 1);
        void sender?.fiber.cancel();
        break;
      }
      default:
        this.capacity = random.pick([1, 2, 5, Infinity]);
        this.overflow = random.pick(["wait", "wait", "sliding", "dropping"]);
        mailbox(owner, { capacity: this.capacity, overflow: this.overflow });
        this.admit();
    }
  }

  check(): void {
    assert.deepEqual(mailbox(this.owner), {
      messages: this.letters.length,
      capacity: this.capacity,
      sending: this.senders.length,
      dropped: this.dropped,
    });
  }
}

function* program(random: Random): Routine {
  yield* supervised(function* () {
    const model = new Model(random);
    for (let left = 60; left > 0; left--) {
      model.act();
      model.check();
      if (random.chance(3)) yield* yieldNow();
      model.check();
    }
    yield* model.owner.cancel();
  });
}

for (const [name, policy] of [
  ["locality", locality],
  ["fifo", fifo],
  ["seeded", seeded(SEED)],
] as const) {
  test(`${RUNS} random schedules of a mailbox, by ${name}`, (t) => {
    t.diagnostic(`seed ${SEED}`);
    for (let run = 0; run < RUNS; run++) {
      try {
        play(() => program(new Random(SEED + run)), { policy });
      } catch (cause) {
        throw new Error(`FIBRIL_SEED=${SEED + run} FIBRIL_MAILBOX_RUNS=1`, { cause });
      }
    }
  });
}
