/**
 * Random programs whose user code misbehaves, as data: so that they can be shrunk, printed, and kept as
 * fixtures. A prank is what such code does in a plain call, wherever the library makes one.
 */
import type { Random } from "../differential/random.ts";

/** Fibers, scopes, wakes and errors are meant by a number, modulo how many there are. */
export type Prank =
  | { readonly do: "throw"; readonly what: number }
  | { readonly do: "cancel"; readonly who: number; readonly what: number; readonly grace?: number }
  | { readonly do: "raise" | "kill" | "unpark" | "join" | "look" | "monitor"; readonly who: number }
  | { readonly do: "wake" | "fail"; readonly which: number; readonly what: number }
  | { readonly do: "end scope"; readonly which: number; readonly what: number }
  | { readonly do: "spawn in"; readonly which: number; readonly body: Body }
  | { readonly do: "move limit"; readonly which: number; readonly ms: number }
  | { readonly do: "cancel inside"; readonly who: number; readonly what: number }
  | { readonly do: "forget an op" | "resume" | "transfer" | "run inside" }
  | { readonly do: "abort" };

export const WAITS = [
  "suspend",
  "named",
  "thenable",
  "function",
  "getter",
  "sleep",
  "park",
  "yield",
  "start",
  "line",
] as const;

export interface Waiting {
  readonly do: "wait";
  readonly how: (typeof WAITS)[number];
  readonly begins: readonly Prank[];
  readonly undone: readonly Prank[];
  /** Between its making and its `yield*`. */
  readonly between: readonly Prank[];
}

export type Deed =
  | Waiting
  | { readonly do: "spawn" | "daemon"; readonly name: number; readonly body: Body }
  | {
      readonly do:
        | "scope"
        | "supervised"
        | "shield"
        | "limit"
        | "coroutine"
        | "hand over"
        | "defer";
      readonly body: Body;
    }
  | { readonly do: "defer plainly"; readonly pranks: readonly Prank[] }
  | { readonly do: "try"; readonly body: Body; readonly finally: Body }
  | { readonly do: "join" | "end"; readonly who: number }
  | { readonly do: "prank"; readonly prank: Prank };

export type Body = readonly Deed[];

export interface Program {
  readonly body: Body;
  /** What the hooks of the probe do, in turn; empty for no probe. */
  readonly probe: readonly Prank[];
  /** What is done when the library asks for a text or a property. */
  readonly texts: readonly Prank[];
  /** What plain code does between two turns. */
  readonly outside: readonly Prank[];
  /** Of the ready set: null for locality, 0 for fifo. */
  readonly seed: number | null;
}

/** Those that end fibers without their consent: errors may then be lost with them. */
export const VIOLENT: ReadonlySet<string> = new Set(["kill", "raise"]);

const PRANKS = {
  throw: 4,
  cancel: 4,
  raise: 2,
  kill: 1,
  unpark: 2,
  join: 1,
  look: 2,
  monitor: 1,
  wake: 4,
  fail: 2,
  "end scope": 3,
  "spawn in": 2,
  "move limit": 2,
  "forget an op": 1,
  resume: 1,
  transfer: 2,
  "run inside": 1,
  "cancel inside": 2,
  abort: 1,
};

const DEEDS = {
  wait: 12,
  spawn: 5,
  daemon: 1,
  scope: 3,
  supervised: 2,
  shield: 1,
  limit: 2,
  coroutine: 2,
  "hand over": 2,
  defer: 1,
  "defer plainly": 1,
  try: 3,
  join: 1,
  end: 1,
  prank: 5,
};

export function program(random: Random): Program {
  const violent = random.chance(2);
  const prank = (depth: number): Prank => {
    let what: Prank["do"] = random.weighted(PRANKS);
    if (!violent && VIOLENT.has(what)) what = "cancel";
    const all = {
      do: what,
      who: random.below(8),
      which: random.below(8),
      what: random.below(12),
      ms: random.below(4),
      body: what === "spawn in" ? body(depth - 1) : undefined,
      grace: violent && random.chance(3) ? random.below(4) : undefined,
    };
    return JSON.parse(JSON.stringify(all)) as Prank;
  };
  const pranks = (most: number, depth = 1): Prank[] =>
    Array.from({ length: random.below(most + 1) }, () => prank(depth));
  const deed = (depth: number): Deed => {
    let what = random.weighted(DEEDS);
    if (depth <= 0 && !["wait", "join", "end", "defer plainly"].includes(what)) what = "prank";
    switch (what) {
      case "wait":
        return {
          do: what,
          how: random.pick(WAITS),
          begins: pranks(random.chance(2) ? 2 : 0, depth),
          undone: pranks(random.chance(2) ? 2 : 0, depth),
          between: pranks(random.chance(4) ? 1 : 0, depth),
        };
      case "spawn":
      case "daemon":
        return { do: what, name: random.below(6), body: body(depth - 1) };
      case "defer plainly":
        return { do: what, pranks: pranks(2, depth) };
      case "try":
        return { do: what, body: body(depth - 1), finally: body(depth - 2) };
      case "join":
      case "end":
        return { do: what, who: random.below(8) };
      case "prank":
        return { do: what, prank: prank(depth) };
      default:
        return { do: what, body: body(depth - 1) };
    }
  };
  const body = (depth: number): Body =>
    depth <= 0 && random.chance(2)
      ? []
      : Array.from({ length: 1 + random.below(3) }, () => deed(depth));
  return {
    body: Array.from({ length: 3 }, () => deed(4)),
    probe: random.chance(3) ? pranks(6) : [],
    texts: random.chance(2) ? pranks(4) : [],
    outside: random.chance(2) ? pranks(6, 2) : [],
    seed: random.pick([null, 0, 1 + random.below(9)]),
  };
}

/** Makes a failing program small: whatever stands in a list is taken out, or replaced by what is in it. */
export function shrink(given: Program, fails: (program: Program) => boolean): Program {
  let found = given;
  for (let smaller: Program | undefined = given; smaller !== undefined;) {
    found = smaller;
    smaller = undefined;
    for (const candidate of smallerThan(found)) {
      if (!fails(candidate as Program)) continue;
      smaller = candidate as Program;
      break;
    }
  }
  return found;
}

function* smallerThan(value: unknown): Iterable<unknown> {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) yield value.toSpliced(i, 1);
    for (const [i, each] of value.entries()) {
      const { body } = each as { body?: unknown[] };
      if (body !== undefined && "finally" in (each as object) === (each as Deed).do.startsWith("t"))
        yield value.toSpliced(i, 1, ...(body as never[]));
      for (const smaller of smallerThan(each)) yield value.with(i, smaller);
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [key, each] of Object.entries(value)) {
      if (typeof each === "object") {
        for (const smaller of smallerThan(each)) yield { ...value, [key]: smaller };
      } else if (typeof each === "number" && each > 0) yield { ...value, [key]: each - 1 };
    }
  }
}
