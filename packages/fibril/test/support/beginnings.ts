/** The rows of scenarios.md in which a request meets a wait that begins, or a block that only waits to end. */
import {
  moveOnAfter,
  type Op,
  type Routine,
  scope,
  sleep,
  spawn,
  supervised,
  suspend,
  until,
} from "fibril";
import { child, plainly, type Situation } from "./situations.ts";
import type { Stage } from "./stage.ts";

/** Itself it cannot raise or kill by a method: the call throws, and the wait does not begin. */
function beginning(
  name: string,
  begin: (stage: Stage) => Op<unknown>,
  off = "",
  raised = "why",
): Situation {
  return {
    name,
    at: "itself",
    target: (stage) => stage.guarded(() => begin(stage) as never),
    says: {
      ...plainly(off),
      kill: "waits, catches FiberError, finally, failed",
      raise: `waits, catches ${raised}, finally, failed`,
    },
  };
}

function last(name: string, target: (stage: Stage) => Routine<unknown> | Op<unknown>): Situation {
  return {
    name,
    at: 10,
    target: target as Situation["target"],
    says: {
      cancel: "the child is cancelled, cancelled",
      kill: "the child is cancelled, killed",
      raise: "the child is cancelled, failed",
    },
  };
}

function* withChild(stage: Stage): Routine<string> {
  spawn(child, stage);
  return "value";
}

/** The request comes while the wait begins: from code of the user's that the beginning calls. */
export const beginnings: readonly Situation[] = [
  beginning(
    "while suspend registers",
    (stage) =>
      suspend(() => {
        stage.ask();
        return () => stage.say("undo");
      }),
    "undo, ",
  ),
  beginning(
    "while until calls its function",
    (stage) =>
      until((signal) => {
        signal.addEventListener("abort", () => stage.say("abort"));
        stage.ask();
        return new Promise(() => {});
      }),
    "abort, ",
  ),
  beginning("while a thenable subscribes", (stage) =>
    // oxlint-disable-next-line no-thenable -- that is the case
    until({ then: () => stage.ask() as never }),
  ),
  beginning(
    "between an op and its yield*",
    (stage) => {
      const op = sleep(Infinity);
      stage.ask();
      return op;
    },
    "",
    "FiberError", // an op is in hand
  ),
];

/** The children still run at the end of a block, and nothing follows: the end itself is cut. */
export const lasts: readonly Situation[] = [
  last("the fiber's own children, last", function* (stage) {
    spawn(child, stage);
    return "value";
  }),
  last("a scope's children, last", (stage) => scope(() => withChild(stage))),
  last("a scope's children in another's, last", (stage) =>
    scope(() => scope(() => withChild(stage)) as never),
  ),
  last("supervised children, last", (stage) => supervised(() => withChild(stage))),
  last("a limit's children, last", (stage) =>
    moveOnAfter(1_000_000, () => withChild(stage), "the fallback"),
  ),
];
