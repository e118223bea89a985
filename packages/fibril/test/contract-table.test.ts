/**
 * The truth table of the contract: every state of the target, against every way to enter it, asked
 * by a method in plain code, by a method inside a fiber and by an op inside a fiber.
 */
import assert from "node:assert/strict";
import { Fiber, FiberError } from "fibril";
import { type AnyFiber, each, type Kit, ops } from "./support/body.ts";

type Verb = "resume" | "transfer" | "raise";
type Way = "method in plain code" | "method in a fiber" | "op in a fiber";
type Asked = (target: AnyFiber) => Outcome;
type Outcome = string;

interface Row {
  readonly target: string;
  readonly outcomes: Record<Verb, Outcome>;
  /** Puts a fiber into the state and asks; several states exist only while something runs. */
  readonly ask: (kit: Kit, asked: Asked, verb: Verb) => Outcome;
  readonly ways?: readonly Way[];
}

/** Every fiber that is entered rescues what is raised, so that an entry is never an error. */
const RAN = { steps: [() => "ran"] };
const waiting = (wait: () => unknown) => ({
  steps: [wait, () => "ran"],
  rescue: [() => "raised inside"],
});
const IN_A_FIBER: readonly Way[] = ["method in a fiber", "op in a fiber"];

const ROWS: Row[] = [
  {
    target: "created",
    outcomes: { resume: "ran", transfer: "ran", raise: "unborn" },
    ask: ({ fiber }, asked) => asked(fiber(RAN)),
  },
  {
    target: "yielding",
    outcomes: { resume: "ran", transfer: "yielding", raise: "raised inside" },
    ask: ({ fiber }, asked) => {
      const f = fiber(waiting(() => Fiber.yield()));
      f.resume();
      return asked(f);
    },
  },
  {
    target: "left by transfer, without a resumer",
    outcomes: { resume: "transferring", transfer: "ran", raise: "raised inside" },
    ask: ({ fiber }, asked) => {
      const f = fiber(waiting(() => Fiber.transfer(Fiber.root)));
      f.transfer();
      return asked(f);
    },
    // The end of a fiber without a resumer surfaces in the root, not in a fiber that asks: see 24.
    ways: ["method in plain code"],
  },
  {
    target: "left by transfer, with a resumer",
    outcomes: { resume: "double-resume", transfer: "ran", raise: "raised inside" },
    // Asked by the fiber that it left to: an entry that succeeds never comes back there, because the
    // end of the fiber goes to its resumer.
    ask: ({ fiber }, _asked, verb) => {
      let refusal: Outcome | undefined;
      const asker = fiber({
        steps: [(f) => ops[verb](f, ...VALUES[verb])],
        rescue: [(error) => (refusal = name(error))],
      });
      const f = fiber(waiting(() => Fiber.transfer(asker, Fiber.current)));
      const end = f.resume() as Outcome;
      return refusal ?? end;
    },
    ways: ["op in a fiber"],
  },
  {
    target: "current",
    outcomes: { resume: "current", transfer: "itself", raise: "thrown here" },
    ask: (_kit, asked) => asked(Fiber.current),
  },
  {
    target: "resuming, with a resumer",
    outcomes: { resume: "double-resume", transfer: "resuming", raise: "thrown here" },
    ask: ({ fiber }, asked) => {
      const child = fiber([(parent) => asked(parent)]);
      return fiber([() => Fiber.resume(child, Fiber.current)]).resume() as Outcome;
    },
    ways: IN_A_FIBER,
  },
  {
    target: "resuming, started by transfer",
    outcomes: { resume: "resuming", transfer: "resuming", raise: "thrown here" },
    ask: ({ fiber }, asked) => {
      const child = fiber([(parent) => asked(parent)]);
      return fiber([() => Fiber.resume(child, Fiber.current)]).transfer<Outcome>();
    },
    ways: IN_A_FIBER,
  },
  {
    target: "root, resuming",
    outcomes: { resume: "resuming", transfer: "resuming", raise: "thrown here" },
    ask: ({ fiber }, asked) => fiber([() => asked(Fiber.root)]).resume() as Outcome,
    ways: IN_A_FIBER,
  },
  {
    target: "root, left by transfer",
    outcomes: { resume: "transferring", transfer: "ran", raise: "raised inside" },
    ask: ({ fiber }, _asked, verb) => {
      const f = fiber({
        steps: [() => ops[verb](Fiber.root, ...VALUES[verb])],
        rescue: [name],
      });
      try {
        const got = f.transfer<Outcome>();
        return f.alive && got === VALUES.transfer[0] ? "ran" : got;
      } catch (error) {
        return error === ERROR ? "raised inside" : name(error);
      }
    },
    // By a method it is the control leaving a native call: native.test.ts.
    ways: ["op in a fiber"],
  },
  {
    target: "terminated",
    outcomes: { resume: "terminated", transfer: "dead", raise: "terminated" },
    ask: ({ fiber }, asked) => {
      const f = fiber(RAN);
      f.resume();
      return asked(f);
    },
  },
  {
    target: "terminated by an error",
    outcomes: { resume: "terminated", transfer: "dead", raise: "terminated" },
    ask: ({ fiber }, asked) => {
      const f = fiber([() => assert.fail("ends it")]);
      assert.throws(() => f.resume());
      return asked(f);
    },
  },
];

const ERROR = new Error("asked");
const VALUES: Record<Verb, unknown[]> = { resume: [], transfer: ["itself"], raise: [ERROR] };

function name(error: unknown): Outcome {
  if (error === ERROR) return "thrown here";
  return error instanceof FiberError ? error.code : String(error);
}

function byMethod(verb: Verb): Asked {
  return (target) => {
    try {
      return String((target[verb] as (...values: unknown[]) => unknown)(...VALUES[verb]));
    } catch (error) {
      return name(error);
    }
  };
}

/** Both inside a fiber of their own kind, so that a method's caller is a fiber too. */
function inFiber(kit: Kit, step: (target: AnyFiber) => unknown): Asked {
  return (target) => {
    const asker = kit.fiber({
      steps: [() => step(target), String],
      rescue: [name],
    });
    return asker.resume() as Outcome;
  };
}

for (const row of ROWS) {
  for (const verb of ["resume", "transfer", "raise"] as const) {
    for (const way of row.ways ?? (["method in plain code", ...IN_A_FIBER] as const)) {
      each(`1.2 ${verb} of ${row.target}: ${row.outcomes[verb]}, by ${way}`, (kit) => {
        const asked = asking(kit, verb, way, row.target === "current");
        assert.equal(row.ask(kit, asked, verb), row.outcomes[verb]);
      });
    }
  }
}

function asking(kit: Kit, verb: Verb, way: Way, current: boolean): Asked {
  if (way === "method in plain code") return byMethod(verb);
  const own = (target: AnyFiber): AnyFiber => (current ? Fiber.current : target);
  if (way === "method in a fiber") return inFiber(kit, (target) => byMethod(verb)(own(target)));
  return inFiber(kit, (target) => ops[verb](own(target), ...VALUES[verb]));
}
