/**
 * Locks against a naive model. What Mutex, RwLock, Semaphore and Pool have in common is a line for permits:
 * a mutex has one, a reader takes one of a thousand and a writer all of them. The model is an array of who
 * waits; it is told of everything in the turn in which it happens.
 */
import assert from "node:assert/strict";
import {
  Cancelled,
  Fiber,
  FiberError,
  monitor,
  type Op,
  type Policy,
  type Routine,
  type Scope,
  supervised,
  yieldNow,
} from "fibril";
import type { AnyFiber } from "./body.ts";
import { playTurns } from "./turns.ts";

const MANY = 20_000;

/** A lock as something that hands out permits. */
export interface Permits {
  readonly limit: number;
  /** What a worker may ask for, from a number drawn by lot. */
  weight(lot: number): number;
  acquire(weight: number): Op<unknown>;
  with<Result>(weight: number, body: () => Routine<Result>): Op<Result>;
  tryAcquire(weight: number): boolean;
  /** By the fiber that has acquired. */
  release(weight: number): void;
  held(): number;
  waiting(): number;
  /** Where the lock can be resized. */
  resize?(limit: number): void;
}

export interface WorkerPlan {
  readonly manner: "with" | "acquire" | "try" | "coroutine";
  readonly lot: number;
  /** Turns for which it holds what it has. */
  readonly hold: number;
  readonly times: number;
}

export interface DeedPlan {
  readonly after: number;
  readonly deed: "cancel" | "kill" | "raise" | "resize";
  readonly who: number;
  readonly lot: number;
}

export interface Plan {
  readonly workers: readonly WorkerPlan[];
  readonly deeds: readonly DeedPlan[];
}

class Raised extends Error {}

type Fate = "waits" | "granted" | "has" | "gone" | "too many";

/** One claim, in the model. */
interface Place {
  readonly weight: number;
  fate: Fate;
}

class Worker {
  readonly plan: WorkerPlan;
  fiber!: AnyFiber;
  place: Place | undefined;
  cancelled = false;
  ended = 0;

  constructor(plan: WorkerPlan) {
    this.plan = plan;
  }
}

export class PermitsRun {
  private readonly lock: Permits;
  private limit: number;
  private held = 0;
  private line: Place[] = [];
  private readonly workers: Worker[] = [];
  /** How often each came about. */
  readonly counts: Record<string, number> = {};

  constructor(lock: Permits) {
    this.lock = lock;
    this.limit = lock.limit;
  }

  run(plan: Plan, policy: Policy): void {
    playTurns({
      policy,
      program: () => this.program(plan),
      fibers: () => this.workers.map((each) => each.fiber),
      between: () => this.check(),
      most: MANY,
    });
    assert.deepEqual([this.lock.held(), this.lock.waiting()], [0, 0], "all has been given back");
    assert.ok(this.workers.every((each) => each.ended === 1));
  }

  private *program({ deeds, workers }: Plan): Routine<void> {
    yield* supervised(
      function* (this: PermitsRun, all: Scope): Routine<void> {
        for (const plan of workers) {
          const worker = new Worker(plan);
          this.workers.push(worker);
          worker.fiber = all.spawn(() => this.works(worker)) as AnyFiber;
          monitor(worker.fiber, () => worker.ended++);
        }
        for (const { after, deed, lot, who } of deeds) {
          for (let left = after; left > 0; left--) yield* yieldNow();
          this.act(deed, this.workers[who % this.workers.length] as Worker, lot);
          this.check();
        }
        this.resize(Math.max(this.limit, this.lock.limit));
      }.bind(this),
    );
  }

  private *works(self: Worker): Routine<void> {
    const { hold, lot, manner, times } = self.plan;
    for (let time = 0; time < times; time++) {
      const weight = this.lock.weight(lot + time);
      try {
        if (manner === "try") yield* this.tries(weight, hold);
        else if (manner === "with") yield* this.waitsWith(self, weight, hold);
        else if (manner === "acquire") yield* this.acquires(self, weight, hold);
        else yield* Fiber.resume(new Fiber(() => this.waitsWith(self, weight, hold)));
      } catch (error) {
        if (error instanceof Cancelled && self.cancelled) throw error;
        const known = error instanceof Raised || error instanceof RangeError;
        // Who is killed in a coroutine learns it by an error, as in Ruby.
        if (!known && String(error) !== "Error: unhandled exception") throw error;
        this.count(error instanceof RangeError ? "too many" : "raised");
      }
      yield* yieldNow();
    }
  }

  private *tries(weight: number, hold: number): Routine<void> {
    let got: boolean;
    const wanted = weight > this.limit ? "too many" : this.line.length === 0 && this.fits(weight);
    try {
      got = this.lock.tryAcquire(weight);
    } catch (error) {
      assert.equal(wanted, "too many");
      throw error;
    }
    assert.equal(got, wanted);
    this.count(got ? "tried" : "missed");
    if (!got) return;
    this.held += weight;
    try {
      for (let left = hold; left > 0; left--) yield* yieldNow();
    } finally {
      this.give(weight);
      this.lock.release(weight);
      this.check();
    }
  }

  private *acquires(self: Worker, weight: number, hold: number): Routine<void> {
    const place = this.comes(self, weight);
    try {
      yield* this.lock.acquire(weight);
      this.gets(self, place);
    } finally {
      this.leaves(self, place);
    }
    try {
      for (let left = hold; left > 0; left--) yield* yieldNow();
    } finally {
      this.give(weight);
      this.lock.release(weight);
      this.check();
    }
  }

  private *waitsWith(self: Worker, weight: number, hold: number): Routine<void> {
    const place = this.comes(self, weight);
    try {
      yield* this.lock.with(
        weight,
        function* (this: PermitsRun): Routine<void> {
          this.gets(self, place);
          try {
            for (let left = hold; left > 0; left--) yield* yieldNow();
          } finally {
            this.give(weight); // the lock does so in the same turn
          }
        }.bind(this),
      );
    } finally {
      this.leaves(self, place);
    }
  }

  private comes(self: Worker, weight: number): Place {
    const place: Place = { weight, fate: "waits" };
    if (self.cancelled) {
      place.fate = "gone";
    } else if (weight > this.limit) {
      place.fate = "too many";
    } else {
      self.place = place;
      this.line.push(place);
      this.settle();
    }
    return place;
  }

  private gets(self: Worker, place: Place): void {
    assert.equal(place.fate, "granted", "who has it was given it");
    place.fate = "has";
    self.place = undefined;
    this.count("got");
  }

  /** It was given permits, and has not learned of it: they are given back. */
  private leaves(self: Worker, place: Place): void {
    if (place.fate === "granted") {
      this.count("given back");
      this.give(place.weight);
    } else if (place.fate === "waits") {
      // Raised in or killed where it stood.
      assert.fail("who waits has been taken out of the line by who ended it");
    }
    place.fate = "gone";
    if (self.place === place) self.place = undefined;
    this.check();
  }

  private give(weight: number): void {
    this.held -= weight;
    this.settle();
  }

  private fits(weight: number): boolean {
    return this.held + weight <= this.limit;
  }

  private settle(): void {
    for (let first = this.line[0]; first !== undefined; first = this.line[0]) {
      if (first.weight > this.limit) first.fate = "too many";
      else if (!this.fits(first.weight)) return;
      else {
        first.fate = "granted";
        this.held += first.weight;
      }
      this.line.shift();
    }
  }

  private resize(limit: number): void {
    if (this.lock.resize === undefined) return;
    this.limit = limit;
    this.settle();
    this.lock.resize(limit);
  }

  private act(deed: DeedPlan["deed"], who: Worker, lot: number): void {
    if (deed === "resize") return this.resize(lot % (this.lock.limit + 2));
    if (!who.fiber.alive) return;
    const { place } = who;
    const inLine = place?.fate === "waits";
    // What happens to the line follows in the same call, and the model has to be as far.
    const leaves = (): void => {
      if (!inLine) return;
      place.fate = "gone";
      this.line = this.line.filter((each) => each !== place);
      this.settle();
    };
    switch (deed) {
      case "cancel":
        who.cancelled = true;
        leaves();
        void who.fiber.cancel("enough");
        break;
      case "kill":
        who.cancelled = true; // it begins no wait any more
        leaves();
        who.fiber.kill();
        break;
      default:
        try {
          who.fiber.raise(new Raised("raised"));
        } catch (refusal) {
          assert.ok(refusal instanceof FiberError, String(refusal));
          this.count("refused");
          return;
        }
        leaves();
    }
    this.count(deed);
  }

  /** The lock is what the model says. */
  check(): void {
    assert.deepEqual(
      { held: this.lock.held(), waiting: this.lock.waiting() },
      { held: this.held, waiting: this.line.length },
    );
  }

  private count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }
}
