/**
 * Fiber bodies written once and run on every kind of frame.
 *
 * A body is a list of steps. A step that returns an op suspends, and the next step gets the outcome;
 * any other value that a step returns goes to the next step at once. The last value is the result. `rescue`
 * and `ensure` are what `catch` and `finally` are. Each kind of frame has its own interpreter, so
 * a suite over bodies holds for all of them or fails by the name of the kind.
 */
import { test } from "node:test";
import { Fiber, type FiberOptions, type Routine, type RoutineFunction, routine } from "fibril";
import { type Code, frames, KILL, perform, RAISE, RETURN, START } from "fibril/frames";
import { Op } from "#core/kernel/op";

export type Step = (...given: any[]) => unknown;
export interface Body {
  readonly steps: readonly Step[];
  readonly rescue?: readonly Step[];
  readonly ensure?: readonly Step[];
}
export type AnyFiber = Fiber<any, any, any, any>;
type AnyRoutine = RoutineFunction<any[], any, any, any>;

/** The body as a generator function, its steps in helpers that are plain `yield*`. */
export function generatorOf(body: Body): AnyRoutine {
  return function* (...args: unknown[]): Routine<unknown> {
    try {
      return yield* walk(body.steps, args);
    } catch (error) {
      if (body.rescue === undefined) throw error;
      return yield* walk(body.rescue, [error]);
    } finally {
      if (body.ensure !== undefined) yield* walk(body.ensure, []);
    }
  };
}

function* walk(steps: readonly Step[], given: readonly unknown[]): Routine<unknown> {
  let value: unknown;
  for (const [index, step] of steps.entries()) {
    const next = index === 0 ? step(...given) : step(value);
    value = next instanceof Op ? yield* next : next;
  }
  return value;
}

/** The same with every part a frame of the runtime's own. */
export function routinesOf(body: Body): AnyRoutine {
  const part = routine(walk);
  return function* (...args: unknown[]): Routine<unknown> {
    try {
      return yield* part(body.steps, args);
    } catch (error) {
      if (body.rescue === undefined) throw error;
      return yield* part(body.rescue, [error]);
    } finally {
      if (body.ensure !== undefined) yield* part(body.ensure, []);
    }
  };
}

/** The same as a state machine. */
export function machineOf(body: Body): AnyRoutine {
  const code: Code = (frame, how, value) => {
    if (how === START) {
      const args = [frame.a, frame.b, frame.c, frame.d];
      while (args.length > 0 && args.at(-1) === undefined) args.pop();
      frame.a = new Machine(body, args);
    }
    return (frame.a as Machine).run({
      how: how === START ? "value" : WORDS[how],
      value,
    } as Outcome);
  };
  return frames<any[], unknown>("machine", code);
}

type Outcome = { how: "value" | "error" | "kill"; value?: unknown };
const WORDS: Record<number, string> = { 1: "value", [RAISE]: "error", [RETURN]: "kill" };

class Machine {
  readonly #body: Body;
  #part: "steps" | "rescue" | "ensure" = "steps";
  #steps: readonly Step[];
  #index = 0;
  #given: readonly unknown[];
  /** How the steps ended, while `ensure` runs. */
  #held: Outcome = { how: "value" };

  constructor(body: Body, args: readonly unknown[]) {
    this.#body = body;
    this.#steps = body.steps;
    this.#given = args;
  }

  run(outcome: Outcome): unknown {
    for (;;) {
      while (outcome.how === "value" && this.#index < this.#steps.length) {
        const step = this.#steps[this.#index] as Step;
        try {
          const next = this.#index++ === 0 ? step(...this.#given) : step(outcome.value);
          if (next instanceof Op) return perform(next);
          outcome = { how: "value", value: next };
        } catch (error) {
          outcome = { how: "error", value: error };
        }
      }
      const { rescue, ensure } = this.#body;
      if (this.#part === "steps" && outcome.how === "error" && rescue !== undefined) {
        this.#enter("rescue", rescue, [outcome.value]);
        outcome = { how: "value" };
      } else if (this.#part !== "ensure" && ensure !== undefined) {
        this.#held = outcome;
        this.#enter("ensure", ensure, []);
        outcome = { how: "value" };
      } else {
        const last = this.#part === "ensure" && outcome.how === "value" ? this.#held : outcome;
        if (last.how === "error") throw last.value;
        return last.how === "kill" ? KILL : last.value;
      }
    }
  }

  #enter(part: "rescue" | "ensure", steps: readonly Step[], given: readonly unknown[]): void {
    this.#part = part;
    this.#steps = steps;
    this.#index = 0;
    this.#given = given;
  }
}

const KINDS: [kind: string, routineOf: (body: Body) => AnyRoutine][] = [
  ["generators", generatorOf],
  ["routine() frames", routinesOf],
  ["state machines", machineOf],
];

export interface Kit {
  /** A fiber of the kind under test. */
  readonly fiber: (body: Body | readonly Step[], options?: FiberOptions) => AnyFiber;
  /** The routine alone. */
  readonly routine: (body: Body | readonly Step[]) => AnyRoutine;
}

/** One test for each kind of frame. */
export function each(name: string, run: (kit: Kit) => void): void {
  for (const [kind, routineOf] of KINDS) {
    const make = (body: Body | readonly Step[]) =>
      routineOf("steps" in body ? body : { steps: body });
    test(`${name} (${kind})`, () =>
      run({ routine: make, fiber: (body, options) => new Fiber(make(body), options) }));
  }
}

type Verb = "resume" | "transfer" | "raise" | "kill";
/** The four ops that aim at a fiber, by name. */
export const ops: Readonly<Record<Verb, (fiber: any, ...values: any[]) => Op<any, any, any>>> =
  Fiber;
