/**
 * A call in direct style: the caller's word, the call, one check of the answer, and what is saved if it suspended.
 *
 *     $K.depth = $into($1, $depth, "f");
 *     $value = $1(a, b);
 *     if ($K.phase !== 0 && ($value = $answer($value, $depth)) === $SUSPEND) return $leave(1, $1, undefined, [x]);
 *
 * Between the word and the call, no other code may run. So the callee and the arguments are in variables by then.
 */
import { libraryName } from "../analysis/choose.js";
import type { Context } from "../emit/context.js";
import { type Doc, join } from "../emit/doc.js";
import { isStable, keep, key, list, methodOf, operand } from "../emit/operands.js";
import { decoratorsOf, print, printReturn } from "../emit/print.js";
import type { Steps } from "../emit/steps.js";
import { ancestor, childrenOf, isFunction, type Node } from "../syntax/ast.js";
import { knownFunction } from "./known.js";

interface Callee {
  readonly fn: Doc;
  /** Undefined for a call without a receiver. */
  readonly receiver?: Doc;
  /** It is a function in direct style of this file, whatever happens. */
  readonly known?: boolean;
  /** How it is called, if not by its name. */
  readonly through?: "call";
}

/** Adds the steps of a call, and returns the expression of its result. */
export function directCall(node: Node, steps: Steps, context: Context): Doc {
  const { length } = context.held;
  const mark = context.slots.mark();
  const callee = calleeOf(node, steps, context);
  callWith(node, callee, steps, context);
  context.held.length = length;
  context.slots.release(mark);
  return context.value;
}

/** The same after the callee has been evaluated. */
export function callWith(node: Node, callee: Callee, steps: Steps, context: Context): void {
  const { held, slots } = context;
  const { length } = held;
  const mark = slots.mark();
  const call = callOf(node, callee, steps, context);
  held.length = length;
  slots.release(mark);
  // What the call itself has kept is not needed after it.
  const whole = held.splice(0, held.length, ...held.filter((each) => isNeededAfter(each, callee)));
  point(node, call, callee, steps, context);
  held.splice(0, held.length, ...whole);
}

function isNeededAfter(held: { readonly name: string }, { fn, receiver }: Callee): boolean {
  return held.name !== fn && held.name !== receiver;
}

function point(node: Node, call: Doc, callee: Callee, steps: Steps, context: Context): void {
  const { pc, how, value, depth, registers } = context;
  const number = context.range(node).high;
  const asks = context.helper(
    isLast(node, context) ? "answerLast" : isWaitedFor(node, context) ? "answerHeld" : "answer",
  );
  const leaving = context.guards.map((guard) => `${guard} `);
  const leave: Doc = [
    `return ${context.helper("leave")}(${number}, `,
    callee.fn,
    ", ",
    callee.receiver ?? "undefined",
    ", ",
    savedAt(node, context),
    ");",
  ];
  const restores: Doc[] = [`${pc} = 0;`];
  for (const { name, slot } of context.held) {
    restores.push(` ${name} = `, context.slot(slot), ";");
  }
  // A debugger is not to stop at what comes after the call, but an error of the answer has the place of the call.
  const asked: Doc = [
    { unmapped: `\nif (${registers}.phase !== 0 && (${value} = ` },
    { place: node.start },
    `${asks}(${value}, ${depth})`,
    { unmapped: `) === ${context.helper("SUSPENDED")}) ` },
    { unmapped: leaving.length === 0 ? leave : ["{ ", leaving, leave, " }"] },
  ];
  steps.addPoint(
    [call, asked],
    [
      { place: null },
      restores,
      `\nif (${how} === 2) throw ${value};\nif (${how} === 3) `,
      printReturn(value, context),
    ],
    number,
  );
}

/** The variables that are needed after a call, each at the index that is its slot. */
function savedAt(node: Node, context: Context): Doc {
  const saved: string[] = [];
  for (const place of context.inScope(node)) {
    if (!place.live.has(node)) continue;
    const { name } = place;
    saved[place.slot as number] = place.box === null ? name : context.module.names.box(name);
  }
  for (const { name, slot } of [...context.held, ...context.kept]) saved[slot] = name;
  return [
    "[",
    join(
      Array.from(saved, (name) => name ?? "0"),
      ", ",
    ),
    "]",
  ];
}

/** Whether the result of the call is what the function returns, whatever comes. */
function isLast(node: Node, context: Context): boolean {
  let at = node;
  for (let { parent } = at; parent !== null; { parent } = at) {
    const passes =
      parent.type === "ChainExpression" ||
      (parent.type === "ConditionalExpression" && parent.test !== at) ||
      (parent.type === "LogicalExpression" && parent.right === at) ||
      (parent.type === "SequenceExpression" && parent.expressions.at(-1) === at);
    if (!passes) break;
    at = parent;
  }
  const { parent } = at;
  if (parent === context.fn) return true;
  if (parent?.type !== "ReturnStatement") return false;
  return ancestor(at, (each) => each.type === "TryStatement" || isFunction(each)) === context.fn;
}

/** Whether it stands in `wait(…)`: an op that it results in is for that call. */
function isWaitedFor(node: Node, { module }: Context): boolean {
  const { parent } = node;
  return (
    parent?.type === "CallExpression" &&
    parent.arguments.length === 1 &&
    parent.arguments[0] === node &&
    parent.callee.type === "Identifier" &&
    libraryName(parent.callee, module.scopes) === "wait"
  );
}

function calleeOf(node: Node, steps: Steps, context: Context): Callee {
  const { callee } = node;
  if (callee.type === "MemberExpression" && !callee.optional) {
    if (callee.object.type === "Super") {
      const { method, receiver } = methodOf(callee, steps, context);
      return { fn: method, receiver, through: "call" };
    }
    const receiver = operand(callee.object, true, steps, context);
    if (isOwnMethod(callee, context)) {
      return { fn: [receiver, key(callee, false, steps, context)], receiver, known: true };
    }
    const method = keep([receiver, key(callee, false, steps, context)], steps, context);
    return { fn: method, receiver, through: "call" };
  }
  if (isKnown(callee, context)) return { fn: print(callee, context), known: true };
  const runsNothing = node.arguments.every((each) => isPure(each, context));
  const stays = isPure(callee, context) && (runsNothing || isStable(callee, context));
  const isName = callee.type === "Identifier" && !isBoxed(callee, context);
  if (stays && isName) return { fn: print(callee, context) };
  const { length } = context.held;
  const mark = context.slots.mark();
  const doc = context.printers.expression(callee, steps, context);
  context.held.length = length;
  context.slots.release(mark);
  return { fn: keep(doc, steps, context) };
}

/** The statements of the word and the call. */
function callOf(node: Node, callee: Callee, steps: Steps, context: Context): Doc {
  const { depth, registers, value } = context;
  const given = node.arguments;
  const spread = given.some((each) => each.type === "SpreadElement");
  const args = spread
    ? [keep(["[", list(given, steps, context), "]"], steps, context)]
    : argumentsOf(given, steps, context);
  const { fn, receiver } = callee;
  const first: Doc = args.length === 0 ? "undefined" : [args[0] as Doc, spread ? "[0]" : ""];
  const twin: Doc =
    callee.through === "call" && hasTwin(node.callee)
      ? [fn, ` = ${context.helper("twin")}(`, join([fn, receiver ?? "", first], ", "), ");\n"]
      : "";
  const word: Doc =
    callee.known === true
      ? `${registers}.depth = ${depth} + 1;\n`
      : [
          `${registers}.depth = ${context.helper("into")}(`,
          fn,
          `, ${depth}, ${JSON.stringify(textOf(node.callee, context))});\n`,
        ];
  const called: Doc = spread
    ? [context.helper("apply"), "(", join([fn, receiver ?? "undefined", ...args], ", "), ")"]
    : callee.through === "call"
      ? [context.helper("call"), "(", join([fn, receiver ?? "undefined", ...args], ", "), ")"]
      : [fn, "(", join(args, ", "), ")"];
  const at = { place: node.start };
  return [at, twin, at, word, at, `${value} = `, called, ";"];
}

/** The arguments as they are printed in the call: what evaluates without running code, or variables. */
function argumentsOf(nodes: readonly Node[], steps: Steps, context: Context): Doc[] {
  const last = nodes.findLastIndex((each) => !isPure(each, context));
  return nodes.map((each, index) => {
    if (isFunction(each) && index > last) return print(each, context);
    if (isPure(each, context) && (index > last || isStable(each, context))) {
      return print(each, context);
    }
    return operand(each, true, steps, context);
  });
}

/** Whether evaluating it runs no code of the program. */
function isPure(node: Node, context: Context): boolean {
  if (isFunction(node)) return true;
  if (node.type === "Literal") return true;
  if (node.type === "ThisExpression") return true;
  if (node.type !== "Identifier") return false;
  const variable = context.module.scopes.references.get(node)?.variable;
  if (variable == null) return node.name === "undefined";
  return context.placeOf(variable)?.box !== "checked";
}

function isBoxed(node: Node, context: Context): boolean {
  const variable = context.module.scopes.references.get(node)?.variable ?? null;
  return context.placeOf(variable)?.box != null;
}

/** Whether a name always means one function in direct style of this file. */
function isKnown(callee: Node, context: Context): boolean {
  const fn = knownFunction(callee, context.module.scopes);
  return fn !== null && isDirect(fn, context) && !isBoxed(callee, context);
}

function isDirect(fn: Node, context: Context): boolean {
  return context.module.formOf(fn) === "direct";
}

/** `this.#method(…)`: a private method cannot be replaced. */
export function isOwnMethod(callee: Node, context: Context): boolean {
  const { property } = callee;
  if (property.type !== "PrivateIdentifier") return false;
  for (let at = callee.parent; at !== null; at = at.parent) {
    if (at.type !== "ClassBody") continue;
    const found = (at.body as Node[]).filter(
      (each) => each.key?.type === "PrivateIdentifier" && each.key.name === property.name,
    );
    if (found.length === 0) continue;
    return found.every(
      (each) =>
        each.kind === "method" && decoratorsOf(each).length === 0 && isDirect(each.value, context),
    );
  }
  return false;
}

/** Names of methods of arrays and functions that have a twin that may suspend: see runtime/twins. */
const TWINS =
  /^(apply|call|every|filter|find|findIndex|findLast|findLastIndex|flatMap|forEach|map|reduce|reduceRight|some)$/;

function hasTwin(callee: Node): boolean {
  return (
    !callee.computed && callee.property?.type === "Identifier" && TWINS.test(callee.property.name)
  );
}

const LONGEST = 60;

/** What is called, for the message if it is no function. */
function textOf(callee: Node, { module }: Context): string {
  const text = module.source.slice(callee.start, callee.end).replaceAll(/\s+/g, " ");
  const simple = childrenOf(callee).every((each) => !isFunction(each));
  return simple && text.length <= LONGEST ? text : "what is called";
}
