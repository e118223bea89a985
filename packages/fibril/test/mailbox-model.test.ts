/**
 * Mailboxes against an array. In random schedules, a fiber receives the messages that it wants, others send, all of them
 * are cancelled, killed and raised into wherever they stand, and the bounds of the mailbox change. fast-check shrinks a
 * run that fails.
 *
 * FIBRIL_MAILBOX_RUNS  how many; FIBRIL_SEED  which
 */
import assert from "node:assert/strict";
import {
  FiberError,
  mailbox,
  monitor,
  type Overflow,
  receive,
  type Routine,
  type Scope,
  send,
  supervised,
  tryReceive,
  trySend,
  yieldNow,
} from "fibril";
import type { Draws } from "./support/choices.ts";
import { type Actor, Crew, type Step } from "./support/crew.ts";
import { randomSchedules } from "./support/random-schedules.ts";

const RUNS = Number(process.env["FIBRIL_MAILBOX_RUNS"] ?? 300);
const KINDS = 3;

/** Messages of one kind, those that leave this rest, or of all kinds. */
type Wanted = number | undefined;
const wants = (wanted: Wanted, message: number): boolean =>
  wanted === undefined || message % KINDS === wanted;

class World {
  readonly crew: Crew;
  private readonly draws: Draws;
  private owner: Actor | undefined;
  private over = false;
  private letters: number[] = [];
  private senders: { readonly value: number; readonly step: Step }[] = [];
  /** What the owner waits for. */
  private waiting: { readonly wanted: Wanted; readonly step: Step } | undefined;
  private capacity = Infinity;
  private overflow: Overflow = "wait";
  private dropped = 0;
  private values = 0;

  constructor(draws: Draws) {
    this.crew = new Crew(draws);
    this.draws = draws;
  }

  *program(actions: number): Routine<void> {
    yield* supervised(
      function* (this: World, all: Scope): Routine<void> {
        const owner = this.crew.spawn(all, Infinity, (self) => this.receives(self));
        this.owner = owner;
        monitor(owner.fiber, () => this.ended());
        for (let left = actions; left > 0; left--) {
          this.act(all, owner);
          this.check();
          if (this.draws.chance(2)) yield* yieldNow();
        }
        this.crew.end(owner, "cancel", (step) => this.leaves(step));
      }.bind(this),
    );
    assert.deepEqual(this.senders, [], "no sender is left waiting");
  }

  private act(all: Scope, { fiber }: Actor): void {
    const { draws } = this;
    switch (draws.weighted({ trySend: 4, send: 4, disturb: 3, bound: 2 })) {
      case "trySend": {
        const value = this.values++;
        if (this.over) {
          assert.throws(
            () => trySend(fiber, value),
            (error) => error instanceof FiberError && error.code === "broken",
          );
        } else {
          const room = this.put(value);
          assert.equal(trySend(fiber, value), room);
        }
        break;
      }
      case "send":
        this.crew.spawn(all, 1 + draws.below(2), (self) => {
          const value = this.values++;
          return this.crew.performs(
            self,
            (step) => this.begins(value, step),
            () => send(fiber, value),
          );
        });
        break;
      case "disturb":
        this.crew.disturb((step) => this.leaves(step));
        break;
      default:
        this.capacity = draws.pick([1, 2, 5, Infinity]);
        this.overflow = draws.pick(["wait", "wait", "sliding", "dropping"]);
        this.admit();
        mailbox(fiber, { capacity: this.capacity, overflow: this.overflow });
    }
  }

  private *receives(self: Actor): Routine<void> {
    const wanted = this.draws.chance(2) ? this.draws.below(KINDS) : undefined;
    const match = wanted === undefined ? undefined : (each: number) => wants(wanted, each);
    if (this.draws.chance(4)) {
      const expected = this.take(wanted);
      assert.equal(tryReceive<number>(match), expected);
      yield* yieldNow();
      return;
    }
    yield* this.crew.performs(
      self,
      (step) => {
        const value = this.take(wanted);
        if (value === undefined) this.waiting = { wanted, step };
        else Object.assign(step, { fate: "value", value });
      },
      () => receive<number>(match),
    );
    if (this.draws.chance(2)) yield* yieldNow();
  }

  private begins(value: number, step: Step): void {
    if (this.over) step.fate = "broken";
    else if (this.put(value)) step.fate = "value";
    else this.senders.push({ value, step });
  }

  /** Whether it needs no waiting. */
  private put(value: number): boolean {
    if (this.give(value)) return true;
    if (this.letters.length >= this.capacity) {
      if (this.overflow === "wait") return false;
      this.dropped++;
      if (this.overflow === "dropping") return true;
      this.letters.shift();
    }
    this.letters.push(value);
    return true;
  }

  private give(value: number): boolean {
    const { waiting } = this;
    if (waiting === undefined || !wants(waiting.wanted, value)) return false;
    this.waiting = undefined;
    Object.assign(waiting.step, { fate: "value", value });
    return true;
  }

  private take(wanted: Wanted): number | undefined {
    const index = this.letters.findIndex((each) => wants(wanted, each));
    if (index < 0) return undefined;
    const [value] = this.letters.splice(index, 1);
    this.admit();
    return value;
  }

  private admit(): void {
    while (this.letters.length < this.capacity && this.senders.length > 0) {
      const { step, value } = this.senders.shift() as (typeof this.senders)[number];
      if (!this.give(value)) this.letters.push(value);
      step.fate = "value";
    }
  }

  private leaves(step: Step): void {
    if (this.waiting?.step === step) this.waiting = undefined;
    this.senders = this.senders.filter((each) => each.step !== step);
  }

  private ended(): void {
    this.over = true;
    for (const { step } of this.senders) step.fate = "broken";
    this.senders = [];
  }

  /** The mailbox is what the model says. */
  check(): void {
    if (this.owner === undefined) return;
    assert.deepEqual(mailbox(this.owner.fiber), {
      messages: this.letters.length,
      capacity: this.capacity,
      sending: this.senders.length,
      dropped: this.dropped,
    });
  }
}

randomSchedules("a mailbox", { runs: RUNS, draws: 400, actions: 60 }, (draws, policy, actions) => {
  const world = new World(draws);
  world.crew.run(
    policy,
    () => world.program(actions),
    () => world.check(),
  );
  return world.crew.fates;
});
