/**
 * Property test against a model: Ruby's switch as its own source tells it, with four fields for a
 * fiber and no frames at all. Every action is done by whoever has control; after each, the runtime
 * and the model must agree on who that is, on every state, and on the text of the error.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Fiber, type Routine } from "fibril";
import { type AnyFiber, ops } from "./support/body.ts";

const VERBS = ["resume", "transfer", "yield", "raise", "return", "throw"] as const;
interface Action {
  readonly verb: (typeof VERBS)[number];
  readonly target: number;
}
const COUNT = 4;

interface Model {
  readonly id: number;
  state: "created" | "live" | "terminated";
  prev: Model | null;
  resuming: Model | null;
  yielding: boolean;
}

class World {
  readonly all: Model[] = Array.from({ length: COUNT + 1 }, (_, id) => ({
    id,
    state: id === 0 ? "live" : "created",
    prev: null,
    resuming: null,
    yielding: false,
  }));
  readonly root: Model = this.all[0] as Model;
  current: Model = this.root;

  /** Does the action, or answers the text of its error. */
  act({ verb, target }: Action): string | undefined {
    const to = this.all[target] as Model;
    switch (verb) {
      case "resume":
        return this.#resume(to, false);
      case "transfer":
        return this.#transfer(to);
      case "yield":
        return this.#yield();
      case "raise":
        return this.#raise(to);
      default:
        if (this.current !== this.root) this.#end();
        return undefined;
    }
  }

  #resume(to: Model, raising: boolean): string | undefined {
    if (to.state === "created" && raising) return "cannot raise exception on unborn fiber";
    if (to.state === "terminated") return "attempt to resume a terminated fiber";
    if (to === this.current) return "attempt to resume the current fiber";
    if (to.prev !== null) return "attempt to resume a resumed fiber (double resume)";
    if (to.resuming !== null) return "attempt to resume a resuming fiber";
    if (to.state === "live" && !to.yielding) return "attempt to resume a transferring fiber";
    this.current.resuming = to;
    to.prev = this.current;
    this.#switch(to);
    return undefined;
  }

  #transfer(to: Model): string | undefined {
    if (to.resuming !== null) return "attempt to transfer to a resuming fiber";
    if (to.yielding) return "attempt to transfer to a yielding fiber";
    if (to.state === "terminated") return "dead fiber called";
    this.#switch(to);
    return undefined;
  }

  #yield(): string | undefined {
    const { prev } = this.current;
    if (prev === null) return "attempt to yield on a not resumed fiber";
    this.current.yielding = true;
    prev.resuming = null;
    this.current.prev = null;
    this.#switch(prev);
    return undefined;
  }

  /** The fibers of this test catch what is raised into them; so a raise is an entry. */
  #raise(to: Model): string | undefined {
    let end = to;
    while (end.resuming !== null) end = end.resuming;
    if (end === this.current) return "raised";
    return end.state === "live" && !end.yielding ? this.#transfer(end) : this.#resume(end, true);
  }

  #end(): void {
    const { current } = this;
    let target = current.prev;
    if (target === null) {
      for (target = this.root; target.resuming !== null;) target = target.resuming;
    }
    current.state = "terminated";
    if (current.prev !== null) current.prev.resuming = null;
    current.prev = null;
    this.#switch(target);
  }

  #switch(to: Model): void {
    to.state = "live";
    to.yielding = false;
    this.current = to;
  }

  status(): string[] {
    return this.all.map((model) => {
      if (model.state !== "live") return model.state;
      if (model === this.current) return "running";
      return model.resuming === null ? "suspended" : "resuming";
    });
  }
}

/** Runs the actions on real fibers, and asserts the model's word after each. */
function play(actions: readonly Action[]): void {
  const model = new World();
  const fibers: AnyFiber[] = [Fiber.root];
  let next = 0;
  let failure: string | undefined;

  /** What the calling code has to do; the model has done it already. */
  const take = (): { action: Action; expected: string | undefined } | undefined => {
    assert.equal(Fiber.current, fibers[model.current.id], `before action ${next}: who has control`);
    assert.deepEqual(
      fibers.map((f) => f.status),
      model.status(),
      `before action ${next}`,
    );
    const action = actions[next++];
    return action && { action, expected: model.act(action) };
  };
  const judge = (expected: string | undefined, error: unknown): void => {
    const text = (error as Error).message;
    if (text === "thrown" || text === "raised") return;
    if (text !== expected) failure ??= `expected ${expected}, got ${text}`;
  };

  function* body(): Routine<void> {
    for (;;) {
      const turn = take();
      if (turn === undefined) return void model.act({ verb: "return", target: 0 });
      const { action, expected } = turn;
      const target = fibers[action.target] as AnyFiber;
      try {
        if (action.verb === "return") return;
        if (action.verb === "yield") yield* Fiber.yield();
        else if (action.verb !== "throw") {
          yield* ops[action.verb](target, ...(action.verb === "raise" ? ["raised"] : []));
        }
      } catch (error) {
        judge(expected, error);
      }
      if (action.verb === "throw") throw new Error("thrown");
    }
  }
  for (let i = 0; i < COUNT; i++) fibers.push(new Fiber(body));

  for (let turn = take(); turn !== undefined; turn = take()) {
    const { action, expected } = turn;
    const target = fibers[action.target] as AnyFiber;
    try {
      if (action.verb === "raise") target.raise("raised");
      else if (action.verb === "yield") Fiber.yield();
      else if (action.verb === "resume" || action.verb === "transfer") target[action.verb]();
    } catch (error) {
      judge(expected, error);
    }
  }
  assert.equal(failure, undefined);
}

test("any sequence of actions leaves every fiber as the model has it", () => {
  const action = fc.record({
    verb: fc.constantFrom(...VERBS),
    target: fc.integer({ min: 0, max: COUNT }),
  });
  fc.assert(fc.property(fc.array(action, { maxLength: 40, size: "max" }), play), {
    numRuns: Number(process.env["FIBRIL_MODEL_RUNS"] ?? 3_000),
  });
});
