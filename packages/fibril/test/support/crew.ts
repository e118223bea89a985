/**
 * Fibers that wait, each in one step at a time, and whoever ends them: what the models of broadcasts and mailboxes have
 * in common. A model says what is to become of a step in the turn in which that is decided.
 */
import assert from "node:assert/strict";
import {
  Cancelled,
  Fiber,
  FiberError,
  type Op,
  type Policy,
  type Routine,
  scope,
  type Scope,
} from "fibril";
import type { AnyFiber } from "./body.ts";
import type { Draws } from "./choices.ts";
import { playTurns } from "./turns.ts";

/** One wait of a fiber: it `waits`, gets a `value`, is ended, or fails with a code. */
export interface Step {
  fate: "waits" | "value" | "cancelled" | "killed" | "raised" | FiberError["code"];
  value: unknown;
}

class Raised extends Error {}

export class Actor {
  fiber!: AnyFiber;
  step: Step | undefined;
  /** A scope around the wait alone. */
  inner: Scope | undefined;
  cancelled = false;
}

export class Crew {
  /** How often each fate came about. */
  readonly fates: Record<string, number> = {};
  private readonly actors: Actor[] = [];
  private readonly draws: Draws;
  private disturbances = 0;

  constructor(draws: Draws) {
    this.draws = draws;
  }

  /** Runs a program to its end; `check` compares the world with the model between any two turns. */
  run(policy: Policy, program: () => Routine<void>, check: () => void): void {
    playTurns({
      policy,
      program,
      fibers: () => this.actors.map((each) => each.fiber),
      between: check,
    });
  }

  /** A fiber that does so many things. An error that it was meant to get does not end it; a cancel does. */
  spawn(all: Scope, times: number, act: (self: Actor) => Routine<void>): Actor {
    const actor = new Actor();
    actor.fiber = all.spawn(function* (): Routine<void> {
      for (let left = times; left > 0; left--) {
        try {
          yield* act(actor);
        } catch (error) {
          if (!(error instanceof Raised) && !(error instanceof FiberError)) throw error;
        }
      }
    }) as AnyFiber;
    this.actors.push(actor);
    return actor;
  }

  /** One wait. `decide` tells the model that it begins, and is told the fate by the step. */
  *performs(self: Actor, decide: (step: Step) => void, op: () => Op<unknown>): Routine<void> {
    const performs = (inner: Scope | undefined): Routine<void> =>
      this.waits(self, inner, decide, op);
    switch (this.draws.below(3)) {
      case 0:
        return yield* performs(undefined);
      case 1:
        return yield* scope(performs) as Op<void>;
      default:
        return (yield* Fiber.resume(new Fiber(() => performs(undefined)))) as void;
    }
  }

  private *waits(
    self: Actor,
    inner: Scope | undefined,
    decide: (step: Step) => void,
    op: () => Op<unknown>,
  ): Routine<void> {
    const step: Step = { fate: "waits", value: undefined };
    if (self.cancelled) step.fate = "cancelled";
    else decide(step);
    self.step = step;
    self.inner = inner;
    try {
      const value = yield* op();
      assert.equal(step.fate, "value", "a fiber that goes on has what it waited for");
      assert.deepEqual(value, step.value);
    } catch (error) {
      isDue(step, error);
      throw error;
    } finally {
      this.fates[step.fate] = (this.fates[step.fate] ?? 0) + 1;
      self.step = undefined;
    }
  }

  /** Ends the wait of one fiber in some way; `leave` tells the model that the step waits no longer. */
  disturb(leave: (step: Step) => void): void {
    const { draws } = this;
    const busy = this.actors.filter((each) => each.step !== undefined);
    if (busy.length === 0) return;
    const deed = draws.pick(["end scope", "cancel", "raise", "kill"] as const);
    this.end(draws.pick(busy), deed, leave);
  }

  /** The same for this one. */
  end(
    who: Actor,
    deed: "end scope" | "cancel" | "raise" | "kill",
    leave: (step: Step) => void,
  ): void {
    const step = who.step ?? { fate: "cancelled", value: undefined };
    const waits = step.fate === "waits";
    const ends = (fate: Step["fate"]): void => {
      if (waits) leave(step);
      step.fate = fate;
    };
    switch (deed) {
      case "end scope":
        if (who.inner === undefined || who.step === undefined) return;
        if (waits) ends("cancelled");
        who.inner.cancel("enough");
        return;
      case "cancel":
        who.cancelled = true;
        if (waits) ends("cancelled");
        void who.fiber.cancel("enough");
        return;
      case "kill":
        // A wait that has been ended by an error is left to that.
        if (!waits && step.fate !== "value") return;
        who.cancelled = true;
        ends("killed");
        who.fiber.kill();
        return;
      default: {
        const error = new Raised(`raised ${this.disturbances++}`);
        try {
          if (waits) leave(step);
          who.fiber.raise(error);
        } catch (refusal) {
          assert.ok(refusal instanceof FiberError, String(refusal));
          assert.ok(!waits && step.fate !== "value");
          return;
        }
        step.fate = "raised";
        step.value = error;
      }
    }
  }
}

function isDue({ fate, value }: Step, error: unknown): void {
  if (fate === "cancelled") assert.ok(error instanceof Cancelled, String(error));
  else if (fate === "raised") assert.equal(error, value);
  else {
    // A fiber that is killed while it waits in a coroutine learns it by an error, as in Ruby.
    assert.ok(error instanceof FiberError, `${fate}: ${String(error)}`);
    if (fate !== "killed") assert.equal(error.code, fate);
  }
}
