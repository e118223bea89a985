/** The ways in which a fiber can be asked to end: the columns of scenarios.md. */
import assert from "node:assert/strict";
import {
  Cancelled,
  type End,
  failAfter,
  Fiber,
  moveOnAfter,
  type Routine,
  scope,
  type Scope,
  sleep,
  spawn,
  supervised,
  TimeoutError,
} from "fibril";
import type { Stage } from "./stage.ts";

type Target = () => Routine<unknown>;

export interface Means {
  readonly name: string;
  /** What the fiber sees of it. */
  readonly kind: "cancel" | "kill" | "raise";
  /** Runs the target where it can be asked. `early`: asks before it has had a turn. */
  program(stage: Stage, target: Target, early: boolean): Routine<unknown>;
  /** How the program around the target ends when that was asked in time. */
  asked(end: End): void;
  /** The target is what `run` starts, with this signal. */
  readonly signal?: AbortController;
}

/** It does not matter how the error reaches the target's own scope: no other fiber must be ended. */
function* alone(stage: Stage, target: Target, ask: () => void, early: boolean): Routine<void> {
  yield* supervised(function* (all: Scope) {
    stage.ask = ask;
    stage.sibling = (routine) => void all.spawn(routine);
    stage.watch(spawn("target", target));
    if (early) stage.tryToAsk();
  });
}

const returns = (end: End): void => assert.equal(end.ending, "returned", String(end.value));

const fiberCancel: Means = {
  name: "fiber.cancel",
  kind: "cancel",
  program: (stage, target, early) =>
    alone(stage, target, () => void stage.target?.cancel("why"), early),
  asked: returns,
};

const scopeCancel = (name: string, open: typeof scope): Means => ({
  name,
  kind: "cancel",
  *program(stage, target, early) {
    const result = yield* open(function* (all: Scope) {
      stage.ask = () => all.cancel("why");
      stage.sibling = (routine) => void all.spawn(routine);
      stage.watch(spawn("target", target));
      if (early) stage.tryToAsk();
      return "the block's result";
    });
    // The target was cut off at the block's end, which is a wait: then the block has no result.
    const { value } = stage.end as End;
    const cut = value instanceof Cancelled && value.source === "scope";
    assert.equal(result, cut ? undefined : "the block's result");
    return result;
  },
  asked: returns,
});

const timeLimit = (name: "moveOnAfter" | "failAfter"): Means => ({
  name,
  kind: "cancel",
  *program(stage, target, early) {
    const limit: typeof moveOnAfter = name === "moveOnAfter" ? moveOnAfter : (failAfter as never);
    const result = yield* limit(
      10_000,
      function* (deadline) {
        stage.ask = () => void deadline.reset(0);
        stage.sibling = (routine) => void spawn(routine);
        stage.watch(spawn("target", target));
        if (early) stage.tryToAsk();
        yield* sleep(early ? 0 : Infinity);
      },
      "the fallback",
    );
    assert.equal(result, "the fallback");
  },
  asked(end) {
    if (name === "moveOnAfter") returns(end);
    else assert.ok(end.value instanceof TimeoutError, String(end.value));
  },
});

const failure: Means = {
  name: "failure",
  kind: "cancel",
  *program(stage, target, early) {
    yield* scope(function* (all: Scope) {
      stage.sibling = (routine) => void all.spawn(routine);
      stage.ask = () =>
        void all.spawn(function* failing() {
          throw new Error("why");
        });
      stage.watch(spawn("target", target));
      if (early) throw new Error("why");
    });
  },
  // Twice: what was spawned starts, so the second fails as well.
  asked({ value }) {
    const failures = value instanceof AggregateError ? value.errors : [value];
    for (const error of failures as Error[]) assert.equal(error.message, "why");
  },
};

const signal = (): Means => {
  const signal = new AbortController();
  return {
    name: "signal",
    kind: "cancel",
    signal,
    program: (_stage, target) => target(),
    asked: ({ value }) => assert.ok(value instanceof Cancelled, String(value)),
  };
};

const kill: Means = {
  name: "kill",
  kind: "kill",
  program(stage, target, early) {
    stage.askItself = function* () {
      yield* Fiber.kill(Fiber.current);
    };
    return alone(stage, target, () => void stage.target?.kill(), early);
  },
  asked: returns,
};

const raise: Means = {
  name: "raise",
  kind: "raise",
  program(stage, target, early) {
    stage.askItself = function* () {
      yield* Fiber.raise(Fiber.current, "why");
    };
    return alone(stage, target, () => void stage.target?.raise("why"), early);
  },
  asked: returns,
};

export const means: readonly (() => Means)[] = [
  () => fiberCancel,
  () => scopeCancel("scope.cancel", scope),
  () => scopeCancel("supervised", supervised),
  () => timeLimit("moveOnAfter"),
  () => timeLimit("failAfter"),
  () => failure,
  signal,
  () => kill,
  () => raise,
];
