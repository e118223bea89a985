/** What a fiber may be doing when it is asked to end: the rows of scenarios.md. */
import {
  defer,
  Fiber,
  park,
  type Routine,
  scope,
  type Scope,
  shield,
  sleep,
  spawn,
  started,
  suspend,
  until,
  yieldNow,
} from "fibril";
import type { Means } from "./means.ts";
import type { Stage } from "./stage.ts";

export type Said = Record<Means["kind"], string>;

export interface Situation {
  readonly name: string;
  /** What the target does. */
  target(stage: Stage): Routine<unknown>;
  /** When it is asked, in milliseconds; `itself`: by something in the situation. */
  readonly at: number | "early" | "itself";
  /** What is said then. */
  readonly says: Said;
  /** It never waits for time, so every turn takes some. */
  readonly busy?: boolean;
  /** The target has its result, whatever it was asked for. */
  readonly tooLate?: boolean;
}

/** What is said when nothing special happens. `off` is what calling off the wait says. */
export function plainly(off = ""): Said {
  return {
    cancel: `waits, ${off}catches Cancelled, finally, cancelled`,
    kill: `waits, ${off}finally, killed`,
    raise: `waits, ${off}catches why, finally, failed`,
  };
}

/** One wait, called off. */
function waiting(name: string, work: (stage: Stage) => Routine<unknown>, says?: Said): Situation {
  return {
    name,
    at: 10,
    target: (stage) => stage.guarded(() => work(stage)),
    says: says ?? plainly(),
  };
}

function* forEver(): Routine<void> {
  yield* sleep(Infinity);
}

/** A child that says how it ends. */
export function* child(stage: Stage): Routine<void> {
  try {
    yield* sleep(Infinity);
  } catch (error) {
    stage.say("the child is cancelled");
    throw error;
  }
}

const starting: Situation[] = [
  {
    name: "before start",
    at: "early",
    target: (stage) => stage.guarded(() => sleep(0) as never),
    says: {
      // What was spawned starts, and meets the request at its first wait.
      cancel: "waits, catches Cancelled, finally, cancelled",
      kill: "killed",
      // Ruby's rule: there is nothing yet in which it could be raised.
      raise: "refused: unborn, waits, goes on, finally, returned",
    },
  },
  {
    name: "running",
    at: "itself",
    target: (stage) =>
      stage.guarded(function* () {
        // A coroutine has control, in the target's turn.
        const coroutine = new Fiber(function* () {
          stage.tryToAsk();
        });
        yield* Fiber.resume(coroutine);
        stage.say("runs on");
        yield* sleep(1);
        yield* sleep(1);
      }),
    says: {
      cancel: "waits, runs on, catches Cancelled, finally, cancelled",
      // Ruby's rule: the innermost gets an error, and the fiber that resumed it unwinds.
      kill: "waits, refused: unhandled exception, finally, killed",
      raise: "waits, refused: why, runs on, goes on, finally, returned",
    },
  },
];

const waits: Situation[] = [
  {
    ...waiting("yieldNow", function* () {
      for (;;) yield* yieldNow();
    }),
    busy: true,
  },
  waiting("sleep", forEver),
  waiting(
    "suspend",
    function* (stage) {
      yield* suspend(() => () => stage.say("undo"));
    },
    plainly("undo, "),
  ),
  waiting("park", function* () {
    yield* park();
  }),
  waiting(
    "until",
    function* (stage) {
      yield* until((signal) => {
        signal.addEventListener("abort", () => stage.say("abort"));
        return new Promise(() => {});
      });
    },
    plainly("abort, "),
  ),
  waiting("join", function* () {
    yield* spawn("other", forEver);
  }),
  waiting(
    "teardown wait",
    function* (stage) {
      const other = spawn("other", function* () {
        yield* shield(function* () {
          yield* sleep(20);
          stage.say("the other is torn down");
        });
      });
      yield* sleep(5);
      yield* other.cancel();
    },
    {
      cancel: "waits, catches Cancelled, finally, the other is torn down, cancelled",
      kill: "waits, finally, the other is torn down, killed",
      raise: "waits, catches why, finally, the other is torn down, failed",
    },
  ),
  waiting(
    "scope.start",
    function* (stage) {
      yield* scope(function* (services: Scope) {
        yield* services.start(function* service() {
          yield* child(stage);
          started();
        });
      });
    },
    {
      cancel: "waits, the child is cancelled, catches Cancelled, finally, cancelled",
      kill: "waits, the child is cancelled, finally, killed",
      raise: "waits, the child is cancelled, catches why, finally, failed",
    },
  ),
  waiting(
    "closing wait",
    function* (stage) {
      yield* scope(function* () {
        spawn(child, stage);
      });
      yield* sleep(0);
    },
    {
      cancel: "waits, the child is cancelled, catches Cancelled, finally, cancelled",
      kill: "waits, the child is cancelled, finally, killed",
      raise: "waits, the child is cancelled, catches why, finally, failed",
    },
  ),
  waiting(
    "coroutine by resume",
    function* (stage) {
      yield* Fiber.resume(new Fiber(() => stage.guarded(forEver, "inner ")));
    },
    {
      cancel:
        "waits, inner waits, inner catches Cancelled, inner finally, catches Cancelled, finally, cancelled",
      kill: "waits, inner waits, inner catches unhandled exception, inner finally, finally, killed",
      raise: "waits, inner waits, inner catches why, inner finally, catches why, finally, failed",
    },
  ),
  waiting(
    "coroutine by transfer",
    function* (stage) {
      yield* Fiber.transfer(new Fiber(() => stage.guarded(forEver, "inner ")));
    },
    {
      cancel:
        "waits, inner waits, inner catches Cancelled, inner finally, catches Cancelled, finally, cancelled",
      // Kill and raise are for the fiber that is named, as in Ruby; the other one is left where it is.
      kill: "waits, inner waits, finally, killed",
      raise: "waits, inner waits, catches why, finally, failed",
    },
  ),
];

const ending: Situation[] = [
  {
    name: "during teardown",
    at: 10,
    *target(stage) {
      spawn(function* () {
        yield* sleep(5);
        void stage.target?.cancel();
      });
      yield* stage.guarded(function* () {
        try {
          yield* sleep(Infinity);
        } finally {
          yield* shield(() => stage.guarded(() => sleep(20) as never, "clean-up "));
        }
      });
    },
    says: {
      cancel:
        "waits, clean-up waits, clean-up goes on, clean-up finally, catches Cancelled, finally, cancelled",
      kill: "waits, clean-up waits, clean-up finally, finally, killed",
      raise:
        "waits, clean-up waits, clean-up catches why, clean-up finally, catches why, finally, failed",
    },
  },
  {
    name: "under shield",
    at: 10,
    target: (stage) =>
      stage.guarded(function* () {
        yield* shield(() => stage.guarded(() => sleep(20) as never, "shield "));
        yield* sleep(0);
      }),
    says: {
      cancel:
        "waits, shield waits, shield goes on, shield finally, catches Cancelled, finally, cancelled",
      kill: "waits, shield waits, shield finally, finally, killed",
      raise:
        "waits, shield waits, shield catches why, shield finally, catches why, finally, failed",
    },
  },
  {
    name: "in defer",
    at: 10,
    *target(stage) {
      defer(() => stage.guarded(() => sleep(20) as never, "deferred "));
      yield* sleep(0);
      stage.say("is done");
    },
    says: {
      cancel: "is done, deferred waits, deferred goes on, deferred finally, returned",
      kill: "is done, deferred waits, deferred goes on, deferred finally, killed",
      raise: "is done, deferred waits, deferred catches why, deferred finally, failed",
    },
  },
  {
    name: "after the end",
    at: 10,
    target: (stage) => stage.guarded(() => sleep(0) as never),
    tooLate: true,
    says: {
      cancel: "waits, goes on, finally, returned",
      kill: "waits, goes on, finally, returned",
      raise: "waits, goes on, finally, returned, refused: terminated",
    },
  },
];

const asking: Situation[] = [
  {
    name: "twice",
    at: "itself",
    target: (stage) =>
      stage.guarded(function* () {
        stage.sibling(function* () {
          yield* sleep(1);
          stage.tryToAsk();
          stage.tryToAsk();
        });
        yield* sleep(Infinity);
      }),
    says: {
      ...plainly(),
      raise: "waits, refused: pending, catches why, finally, failed",
    },
  },
  {
    name: "from itself",
    at: "itself",
    target: (stage) =>
      stage.guarded(function* () {
        yield* stage.askItself();
        stage.say("runs on");
        yield* sleep(1);
        yield* sleep(1);
      }),
    says: {
      cancel: "waits, runs on, catches Cancelled, finally, cancelled",
      kill: "waits, finally, killed",
      raise: "waits, catches why, finally, failed",
    },
  },
  {
    name: "from a child",
    at: "itself",
    target: (stage) =>
      stage.guarded(function* () {
        spawn(function* () {
          yield* sleep(1);
          stage.tryToAsk();
        });
        yield* sleep(Infinity);
      }),
    says: plainly(),
  },
  {
    name: "from a sibling",
    at: "itself",
    target: (stage) =>
      stage.guarded(function* () {
        stage.sibling(function* () {
          yield* sleep(1);
          stage.tryToAsk();
        });
        yield* sleep(Infinity);
      }),
    says: plainly(),
  },
];

export const situations: readonly Situation[] = [...starting, ...waits, ...ending, ...asking];
