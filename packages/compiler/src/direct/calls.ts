/**
 * A call in direct style: the caller's word, the call, one check of the answer, and what is saved if it suspended.
 *
 *     $value = f(a, $into(b, f, $depth));
 *     if ($registers.phase && ($value = $leave($depth, $value, $slots, 1, f, undefined, x), $registers.leaves)) return $value;
 *
 * The word is given when the last argument has been evaluated, because no other code may run between it and the call. So
 * the word takes that argument, and hands it on.
 */
import { libraryPath } from "../analysis/choose.js";
import type { Context } from "../emit/context.js";
import { type Doc, join } from "../emit/doc.js";
import { list, operand } from "../emit/operands.js";
import type { Steps } from "../emit/steps.js";
import { templateObject } from "../emit/templates.js";
import type { Node } from "../syntax/ast.js";
import { type Called, type Callee, calleeOf, isOwnMethod, linkOf, textOf } from "./callee.js";
import { point } from "./leave.js";
import { calledBy, givenBy } from "./call-parts.js";
import { isLast } from "./tails.js";
import { isWaitedFor } from "./waits.js";

/** Adds the steps of a call, and returns the expression of its result. */
export function directCall(node: Node, steps: Steps, context: Context): Doc {
  const { length } = context.held;
  const mark = context.slots.mark();
  const callee = calleeOf(node, steps, context);
  addCall(node, callee, steps, context);
  context.held.length = length;
  context.slots.release(mark);
  return context.value;
}

/** The same after a method or a function has been evaluated. */
export function callKept(
  node: Node,
  fn: string,
  receiver: Doc | undefined,
  steps: Steps,
  context: Context,
): void {
  const callee = calledBy(node);
  const text = textOf(callee);
  if (receiver === undefined) addCall(node, { first: fn, fn, text }, steps, context);
  else {
    const known = isOwnMethod(linkOf(callee), context) ? { known: "direct" as const } : {};
    addCall(node, { first: fn, fn, receiver, through: "call", text, ...known }, steps, context);
  }
}

function addCall(node: Node, callee: Callee, steps: Steps, context: Context): void {
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

function isNeededAfter(held: { readonly name: string }, { fn, receiver }: Called): boolean {
  return held.name !== fn && held.name !== receiver;
}

/** A call after which its function returns: see tails.ts. */
export function tailCall(node: Node, steps: Steps, context: Context): Doc {
  const { depth, held, slots } = context;
  const { length } = held;
  const mark = slots.mark();
  const callee = calleeOf(node, steps, context);
  const call = callOf(node, callee, steps, context);
  held.length = length;
  slots.release(mark);
  const { fn, known, receiver } = callee;
  const called: Doc = known === "library" ? "" : [", ", fn];
  const self: Doc = known === "library" || receiver === undefined ? "" : [", ", receiver];
  const helper = context.helper(node.parent?.type === "ExpressionStatement" ? "end" : "last");
  return [`${helper}(${depth}, `, { place: node.start }, call, called, self, ")"];
}

/** The helpers that start an op without making it, and how many arguments they take. */
const STARTERS: ReadonlyMap<string | null, { name: string; least: number; most: number }> = new Map(
  [
    ["Fiber.transfer", { name: "directTransfers", least: 1, most: 1 }],
    ["Fiber.yield", { name: "directYields", least: 0, most: 1 }],
    ["park", { name: "directParks", least: 0, most: 0 }],
    ["yieldNow", { name: "directGivesWay", least: 0, most: 0 }],
  ],
);

/** The helper of a call that needs no op. A function that is called for an op gives it in the end, so it needs one. */
function starterOf(node: Node, context: Context): string | null {
  const { arguments: given, callee } = node;
  const starter = STARTERS.get(libraryPath(callee, context.module.scopes));
  if (starter === undefined || isLast(node, context.fn) || isWaitedFor(node, context.module.scopes))
    return null;
  if (given.some((each) => each.type === "SpreadElement")) return null;
  const { least, most, name } = starter;
  return given.length >= least && given.length <= most ? name : null;
}

/** The call, with the word in its last argument. */
function callOf(node: Node, callee: Callee, steps: Steps, context: Context): Doc {
  const { depth } = context;
  const given = givenBy(node);
  const { fn, first, receiver, known, through } = callee;
  if (known === "library") {
    const args = list(given, steps, context);
    const starter = starterOf(node, context);
    if (starter === null) return [first, "(", args, ")"];
    return [`${context.helper(starter)}(${depth}`, given.length > 0 ? ", " : "", args, ")"];
  }
  const word = (last: Doc): Doc =>
    known === "direct"
      ? [`${context.helper("intoDirect")}(`, last, `, ${depth})`]
      : [
          `${context.helper("into")}(`,
          last,
          ", ",
          callee.word ?? fn,
          `, ${depth}`,
          callee.text === undefined ? "" : `, ${JSON.stringify(callee.text)}`,
          ")",
        ];
  const isSpread = given.some((each) => each.type === "SpreadElement");
  const args: Doc[] = isSpread
    ? [["[", list(given, steps, context), "]"]]
    : given.map((each, index) =>
        operand(
          each,
          given.some((other, at) => at > index && context.within(other)),
          steps,
          context,
        ),
      );
  if (node.type === "TaggedTemplateExpression") args.unshift(templateObject(node, context));
  let method = first;
  if (through === "call" && hasTwin(calledBy(node))) {
    const argument = context.shared("first");
    const [one] = args;
    const taken: Doc =
      one === undefined
        ? ""
        : isSpread
          ? [`, (${argument} = `, one, ")[0]"]
          : [`, ${argument} = `, one];
    if (one !== undefined) args[0] = argument;
    const twin: Doc = [`${context.helper("twin")}(`, first, ", ", receiver ?? "", taken, ")"];
    method = fn === first ? [fn, " = ", twin] : [fn, " = ", twin];
  }
  if (isSpread || through === "call") {
    const helper = context.helper(isSpread ? "apply" : "call");
    const last = args.length === 0 ? [] : [...args.slice(0, -1), word(args.at(-1) as Doc)];
    const all = join([method, receiver ?? "undefined", ...last], ", ");
    return args.length === 0
      ? [helper, "(", method, ", ", word(receiver as Doc), ")"]
      : [helper, "(", all, ")"];
  }
  if (args.length > 0) {
    return [first, "(", join([...args.slice(0, -1), word(args.at(-1) as Doc)], ", "), ")"];
  }
  // Without an argument, the word takes nothing.
  if (callee.word !== undefined) return ["(", word("0"), ", ", first, "())"];
  return first === fn
    ? ["(", word("0"), ", ", fn, "())"]
    : ["(", first, ", ", word("0"), ", ", fn, "())"];
}

/** Names of methods of arrays and functions that have a twin that may suspend: see runtime/twins. */
const TWINS =
  /^(apply|call|every|filter|find|findIndex|findLast|findLastIndex|flatMap|forEach|map|reduce|reduceRight|some)$/;

function hasTwin(callee: Node): boolean {
  const { computed, property } = linkOf(callee);
  return !computed && property?.type === "Identifier" && TWINS.test(property.name);
}
