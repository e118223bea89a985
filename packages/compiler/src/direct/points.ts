/**
 * The suspension points of direct style: calls. There are three kinds of calls that are none and stay as they were written:
 *
 * - in a place that cannot be brought into steps. If something below it waits, that is an error at run time.
 * - of what is not the program's and never waits.
 * - of a function of the same file in which no call is a point: it is *quiet*, so nothing below it waits.
 */
import { headsMayMove, headsOf, isClass } from "../analysis/class-heads.js";
import { declaresResources, isBodyWithResource, isUsing } from "../analysis/resources.js";
import type { Scopes } from "../analysis/scopes.js";
import { childrenOf, isFunction, type Node } from "../syntax/ast.js";
import { calledBy, isCall } from "./call-parts.js";
import { knownFunction } from "./known.js";
import { isNative } from "./native.js";
import { isTail } from "./tails.js";

export class Points {
  readonly #points: Map<Node, Set<Node>> = new Map();
  readonly #tails: Set<Node> = new Set();
  readonly #quiet: ReadonlySet<Node>;

  constructor(scopes: Scopes, direct: ReadonlySet<Node>) {
    /** For each function, its calls, each with the function of the file that it always calls. */
    const calls = new Map<Node, Map<Node, Node | null>>();
    for (const fn of direct) calls.set(fn, callsOf(fn, scopes, direct));
    this.#quiet = quietOf(calls);
    for (const [fn, called] of calls) {
      const points = new Set<Node>();
      for (const [call, callee] of called) {
        if (callee !== null && this.#quiet.has(callee)) continue;
        (isTail(call, fn) ? this.#tails : points).add(call);
      }
      this.#points.set(fn, points);
    }
  }

  /** The calls at which a function in direct style is entered again. */
  of(fn: Node): ReadonlySet<Node> {
    return this.#points.get(fn) as Set<Node>;
  }

  /** The calls after which a function in direct style is not entered again. */
  get tails(): ReadonlySet<Node> {
    return this.#tails;
  }

  /** Whether nothing in a function can wait. */
  isQuiet(fn: Node): boolean {
    return this.#quiet.has(fn);
  }
}

function callsOf(fn: Node, scopes: Scopes, direct: ReadonlySet<Node>): Map<Node, Node | null> {
  const calls = new Map<Node, Node | null>();
  for (const call of callsIn(partsOf(fn), scopes)) {
    const called = isCall(call) ? calledBy(call) : null;
    if (called !== null && isNative(called, scopes)) continue;
    const callee = called === null ? null : knownFunction(called, scopes);
    calls.set(call, callee !== null && direct.has(callee) ? callee : null);
  }
  return calls;
}

/** The functions that call only each other, without a circle. */
function quietOf(calls: ReadonlyMap<Node, ReadonlyMap<Node, Node | null>>): Set<Node> {
  const quiet = new Set<Node>();
  const callers = new Map<Node, Node[]>();
  /** How many calls of a function are not known to be quiet. */
  const loud = new Map<Node, number>();
  const waiting: Node[] = [];
  for (const [fn, called] of calls) {
    loud.set(fn, called.size);
    if (called.size === 0) waiting.push(fn);
    for (const callee of called.values()) {
      if (callee === null) continue;
      const list = callers.get(callee);
      if (list === undefined) callers.set(callee, [fn]);
      else list.push(fn);
    }
  }
  for (let fn = waiting.pop(); fn !== undefined; fn = waiting.pop()) {
    quiet.add(fn);
    for (const caller of callers.get(fn) ?? []) {
      const left = (loud.get(caller) as number) - 1;
      loud.set(caller, left);
      if (left === 0) waiting.push(caller);
    }
  }
  return quiet;
}

/** What of a function runs when it is called: its body, and its parameters, which become statements. */
export function partsOf(fn: Node): Node[] {
  return [...fn.params, fn.body as Node];
}

function callsIn(parts: readonly Node[], scopes: Scopes): Node[] {
  const found: Node[] = [];
  const visit = (node: Node): void => {
    if (isFunction(node) || staysAsWritten(node)) return;
    if (isClass(node)) {
      if (headsMayMove(node, scopes)) headsOf(node).forEach(visit);
      return;
    }
    if (isCall(node)) found.push(node);
    for (const child of childrenOf(node)) visit(child);
    // Resources are disposed of at its end.
    if (declaresResources(node) || isBodyWithResource(node)) found.push(node);
  };
  for (const each of parts) visit(each);
  return found;
}

/** In the head of a `for`, a resource is disposed of by the language. */
function staysAsWritten(node: Node): boolean {
  return isUsing(node) && node.parent?.type === "ForStatement";
}
