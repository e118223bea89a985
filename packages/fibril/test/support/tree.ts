/**
 * Random trees of fibers that do anything to each other, as data: so that they can be shrunk, printed,
 * and kept as fixtures.
 */
import * as fc from "fast-check";

export type Body = readonly Deed[];

/** Fibers are meant by a number: the how manieth that was spawned, modulo how many there are. */
export type Deed =
  | { readonly do: "yield" | "checkpoint" | "throw" | "park" }
  | { readonly do: "sleep"; readonly ms: number }
  | { readonly do: "spawn" | "daemon" | "start"; readonly body: Body }
  | { readonly do: "join" | "cancel" | "cancel and wait" | "kill" | "raise"; readonly who: number }
  | { readonly do: "cancel with grace"; readonly who: number; readonly ms: number }
  | { readonly do: "scope" | "supervised" | "shield"; readonly body: Body }
  | { readonly do: "program"; readonly who: number; readonly what: "cancel" | "raise" | "kill" }
  | { readonly do: "end scope"; readonly which: number; readonly grace: number }
  | { readonly do: "spawn in"; readonly which: number; readonly body: Body }
  | { readonly do: "move on" | "fail"; readonly ms: number; readonly body: Body }
  | { readonly do: "defer"; readonly body: Body }
  | { readonly do: "try"; readonly body: Body; readonly swallow: boolean; readonly finally: Body }
  | { readonly do: "resume" | "transfer" | "coroutine"; readonly body: Body }
  | { readonly do: "give" }
  | { readonly do: "enter"; readonly which: number; readonly by: Verb };

export type Verb =
  | "resume"
  | "transfer"
  | "raise"
  | "kill"
  | "resume()"
  | "transfer()"
  | "raise()"
  | "kill()";

/** Those that end fibers without their consent: errors may then be lost with them. */
export const VIOLENT: ReadonlySet<string> = new Set([
  "kill",
  "raise",
  "cancel with grace",
  "program",
  "end scope",
  "enter",
]);

const ms = fc.nat(6);
const number = fc.nat(9);
const verb = fc.constantFrom<Verb[]>(
  "resume",
  "transfer",
  "raise",
  "kill",
  "resume()",
  "transfer()",
  "raise()",
  "kill()",
);

/** How much a program may do to others: see task-model.test.ts. */
export type Manner = "orderly" | "violent" | "strands";

function bodies(manner: Manner): fc.Arbitrary<Body> {
  const { body } = fc.letrec<{ body: Body; deed: Deed }>((tie) => {
    const within = { body: tie("body") };
    const plain = [
      fc.record({ do: fc.constantFrom("yield", "checkpoint", "park") }),
      fc.record({ do: fc.constant("throw") }),
      fc.record({ do: fc.constant("sleep"), ms }),
      fc.record({ do: fc.constantFrom("join", "cancel", "cancel and wait"), who: number }),
      fc.record({ do: fc.constantFrom("spawn", "daemon", "start"), ...within }),
      fc.record({ do: fc.constant("spawn"), ...within }),
      fc.record({ do: fc.constant("spawn in"), which: number, ...within }),
      fc.record({ do: fc.constantFrom("scope", "supervised", "shield"), ...within }),
      fc.record({ do: fc.constantFrom("move on", "fail"), ms, ...within }),
      fc.record({ do: fc.constant("defer"), ...within }),
      fc.record({ do: fc.constant("try"), ...within, swallow: fc.boolean(), finally: tie("body") }),
      fc.record({ do: fc.constantFrom("resume", "transfer"), ...within }),
    ];
    const violent = [
      fc.record({ do: fc.constantFrom("kill", "raise"), who: number }),
      fc.record({ do: fc.constant("cancel with grace"), who: number, ms }),
      fc.record({
        do: fc.constant("program"),
        who: number,
        what: fc.constantFrom("cancel", "raise", "kill"),
      }),
      fc.record({ do: fc.constant("end scope"), which: number, grace: ms }),
    ];
    const enter = fc.record({ do: fc.constant("enter"), which: number, by: verb });
    const strands = [
      fc.record({ do: fc.constant("coroutine"), ...within }),
      fc.record({ do: fc.constant("give") }),
      enter,
      enter,
      enter,
      enter,
    ];
    const deeds: fc.Arbitrary<unknown>[] = [
      ...plain,
      ...(manner === "orderly" ? [] : violent),
      ...(manner === "strands" ? strands : []),
    ];
    return {
      body: fc.array(tie("deed"), {
        minLength: 1,
        maxLength: 5,
        size: "max",
        depthIdentifier: "tree",
      }),
      deed: fc.oneof(
        { maxDepth: 7, depthSize: "max", depthIdentifier: "tree" },
        ...deeds,
      ) as fc.Arbitrary<Deed>,
    };
  });
  return body;
}

export interface Program {
  /** Null: the default order; 0: first in, first out; otherwise the seed of a random order. */
  readonly seed: number | null;
  /** Coroutines that there are from the beginning. */
  readonly coroutines?: readonly Body[];
  readonly body: Body;
}

export const programs = (manner: Manner): fc.Arbitrary<Program> =>
  fc.record({
    seed: fc.oneof(fc.constantFrom(null, 0), fc.integer({ min: 1, max: 1 << 30 })),
    coroutines: fc.array(bodies(manner), {
      minLength: manner === "strands" ? 3 : 0,
      maxLength: manner === "strands" ? 6 : 0,
    }),
    body: bodies(manner),
  });
