/**
 * A call in direct style: the caller's word, the call, one check of the answer, and what is saved if it suspended.
 *
 *     $value = f(a, $into(b, f, $depth));
 *     if ($registers.phase && ($value = $answer($depth, $value)) === $SUSPENDED) return $leave($slots, 1, f, x);
 *
 * The word is given when the last argument has been evaluated, because no other code may run between it and the call. So
 * the word takes that argument, and hands it on.
 */
import { libraryName, libraryPath } from "../analysis/choose.js";
import { decoratorsOf } from "../analysis/class-heads.js";
import { declaresResources, isBodyWithResource } from "../analysis/resources.js";
import type { Storage } from "../analysis/storage.js";
import type { Context } from "../emit/context.js";
import { type Doc, join } from "../emit/doc.js";
import { isStable, keep, key, list, methodOf, operand } from "../emit/operands.js";
import { print, printReturn } from "../emit/print.js";
import type { Steps } from "../emit/steps.js";
import { templateObject } from "../emit/templates.js";
import { ancestor, contains, isFunction, isLoop, type Node } from "../syntax/ast.js";
import { knownFunction } from "./known.js";
import { calledBy, givenBy } from "./points.js";

/** What has been called. */
interface Called {
  readonly fn: Doc;
  /** Undefined for a call without a receiver. */
  readonly receiver?: Doc;
  /** A function in direct style of this file, whatever happens, or one of the library's, which never is. */
  readonly known?: "direct" | "library";
}

/** What is about to be called. `fn` names it after it has been evaluated. */
interface Callee extends Called {
  /** Evaluates it, with its receiver. */
  readonly first: Doc;
  /** How it is called, if not by its name. */
  readonly through?: "call";
  /** What it is called in an error, if the engine would find no name. */
  readonly text?: string;
}

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

/** A call that has been printed: the check of its answer, and where it is entered again. */
export function point(node: Node, call: Doc, callee: Called, steps: Steps, context: Context): void {
  const { value, depth, registers } = context;
  const number = context.range(node).high;
  const asks = context.helper(
    isLast(node, context) ? "answerLast" : isWaitedFor(node, context) ? "answerHeld" : "answer",
  );
  const isSuspended = `=== ${context.helper("SUSPENDED")}) `;
  const leaving: Doc = ["return ", leave(node, number, callee, context), ";"];
  const restores = context.held.map(({ name, slot }): Doc => [
    `${name} = `,
    context.slot(slot),
    "; ",
  ]);
  // A debugger is not to stop at what comes after the call, but an error of the answer has the place of the call.
  const place = node.start;
  const leaves: Doc = [
    { unmapped: `\nif (${registers}.phase && (${value} = ` },
    { place },
    `${asks}(${depth}, ${value})`,
    { unmapped: [`) ${isSuspended}`, leaving] },
  ];
  if (context.exits.length === 0) {
    steps.addCall({ place, call, restores, asked: "", back: "", after: leaves }, number);
    return;
  }
  // A killed fiber runs the `finally` around before it ends.
  const end = printReturn(`${context.helper("leave")}()`, context);
  const back: Doc = [`\nif (${value} ${isSuspended}`, end];
  steps.addCall({ place, call, restores, asked: leaves, back, after: "" }, number);
}

/** Saves what is needed when the function is entered again. */
function leave(node: Node, number: number, { fn, receiver, known }: Called, context: Context): Doc {
  const { slotsName: slots } = context;
  const saved = savedAt(node, context);
  const callee = known === "library" ? "0" : fn;
  const start = (helper: string): string => `${context.helper(helper)}(${slots}, `;
  if (saved.length > 3) {
    const all = join(saved, ", ");
    const more: Doc =
      known === "library" ? "" : [", ", callee, receiver === undefined ? "" : [", ", receiver]];
    return [start("leaveMany"), `[${number}, `, all, "]", more, ")"];
  }
  const rest: Doc[] = saved.map((name) => [", ", name]);
  if (receiver !== undefined && known !== "library") {
    return [start("leaveMethod"), `${number}, `, callee, ", ", receiver, rest, ")"];
  }
  return [start("leave"), `${number}, `, callee, rest, ")"];
}

/** The variables that are needed after a call, each at the index that is its slot. */
function savedAt(node: Node, context: Context): string[] {
  const saved: string[] = [];
  const unset: string[] = [];
  for (const place of context.inScope(node)) {
    if (!place.live.has(node)) continue;
    const { name } = place;
    const list = mayBeSet(place, node) ? saved : unset;
    list[place.slot as number] = place.box === null ? name : context.module.names.box(name);
  }
  for (const { name, slot } of [...context.held, ...context.kept]) saved[slot] = name;
  // What is undefined as yet is undefined as well if it lies beyond the end of the list.
  return Array.from(saved, (name, slot) => name ?? unset[slot] ?? "0");
}

/** Whether a variable may have a value, or its box, when a call is made. */
function mayBeSet({ box, variable }: Storage, call: Node): boolean {
  if (box !== null || variable.kind === "param" || variable.kind === "function") return true;
  const { node } = variable.scope;
  return variable.references.some((each) => {
    if (!each.write) return false;
    if (each.node.start < call.end || each.scope.owner !== variable.scope.owner) return true;
    const loop = ancestor(call, (at) => at === node || (isLoop(at) && contains(at, each.node)));
    return loop !== null && isLoop(loop);
  });
}

/** Whether the result of the call is what the function returns, whatever comes. */
function isLast(node: Node, context: Context): boolean {
  // A block with resources is followed by what ends it.
  if (node.type === "BlockStatement") return false;
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
  return ancestor(at, (each) => isFunction(each) || isFollowed(each)) === context.fn;
}

/** Whether a `return` inside is not the end of the function. */
function isFollowed(node: Node): boolean {
  return node.type === "TryStatement" || declaresResources(node) || isBodyWithResource(node);
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
  const callee = calledBy(node);
  const given = givenBy(node);
  if (node.type === "CallExpression" && isLibrary(callee, context)) {
    const doc = print(callee, context);
    return { first: doc, fn: doc, known: "library" };
  }
  if (isKnown(callee, context)) {
    const doc = print(callee, context);
    return { first: doc, fn: doc, known: "direct" };
  }
  const suspends = given.some((each) => context.within(each));
  if (callee.type === "MemberExpression" && !callee.optional) {
    return methodOfCall(callee, given, suspends, steps, context);
  }
  const isName = callee.type === "Identifier" && !isBoxed(callee, context);
  const runsNothing = given.every((each) => isPure(each, context));
  if (isName && (runsNothing || isSteady(callee, given, suspends, context))) {
    const doc = print(callee, context);
    return { first: doc, fn: doc };
  }
  const text = textOf(callee);
  const { length } = context.held;
  const mark = context.slots.mark();
  const doc = context.printers.expression(callee, steps, context);
  context.held.length = length;
  context.slots.release(mark);
  if (suspends) {
    const fn = keep(doc, steps, context);
    return { first: fn, fn, text };
  }
  const fn = context.shared("callee");
  return { first: [`(${fn} = `, doc, ")"], fn, text };
}

function methodOfCall(
  callee: Node,
  given: readonly Node[],
  suspends: boolean,
  steps: Steps,
  context: Context,
): Callee {
  const { object } = callee;
  const text = textOf(callee);
  const through = "call";
  const inKey = callee.computed && context.within(callee.property);
  if (object.type === "Super" || (suspends && !isOwnMethod(callee, context))) {
    const { method, receiver } = methodOf(callee, steps, context);
    return { first: method, fn: method, receiver, through, text };
  }
  if (isOwnMethod(callee, context)) {
    const receiver = operand(object, true, steps, context);
    const fn: Doc = [receiver, key(callee, false, steps, context)];
    return { first: fn, fn, receiver, known: "direct" };
  }
  const fn = context.shared("callee");
  if (inKey || isSteady(object, [callee.property, ...given], false, context)) {
    const receiver = operand(object, true, steps, context);
    const method = key(callee, false, steps, context);
    return { first: [`${fn} = `, receiver, method], fn, receiver, through, text };
  }
  const doc = operand(object, false, steps, context);
  const receiver = context.shared("receiver");
  const method = key(callee, false, steps, context);
  return { first: [`${fn} = (${receiver} = `, doc, ")", method], fn, receiver, through, text };
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
  if (starter === undefined || isLast(node, context) || isWaitedFor(node, context)) return null;
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
          fn,
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
  return first === fn
    ? ["(", word("0"), ", ", fn, "())"]
    : ["(", first, ", ", word("0"), ", ", fn, "())"];
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

/** Whether a name means the same before and after the key and the arguments of a call have been evaluated. */
function isSteady(
  node: Node,
  evaluated: readonly Node[],
  suspends: boolean,
  context: Context,
): boolean {
  if (isStable(node, context)) return true;
  if (node.type !== "Identifier" || suspends) return false;
  const { references, uses } = context.module.scopes;
  const variable = references.get(node)?.variable;
  if (variable == null || variable.kind === "import") return false;
  const { owner } = variable.scope;
  // In sloppy code, `arguments` may change a parameter.
  if (owner.node !== context.fn || uses.get(context.fn)?.arguments === true) return false;
  return variable.references.every(
    ({ node: at, scope, write }) =>
      !write || (scope.owner === owner && !evaluated.some((each) => contains(each, at))),
  );
}

/** What the library exports is no function in direct style. */
function isLibrary(callee: Node, { module }: Context): boolean {
  if (callee.type === "Identifier") return libraryName(callee, module.scopes) !== null;
  if (callee.type !== "MemberExpression" || callee.optional || callee.computed) return false;
  return callee.object.type === "Identifier" && libraryName(callee.object, module.scopes) !== null;
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
function isOwnMethod(callee: Node, context: Context): boolean {
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
  const { computed, property } = linkOf(callee);
  return !computed && property?.type === "Identifier" && TWINS.test(property.name);
}

/** What stands in the parentheses of `(a?.b)(…)`. */
function linkOf(callee: Node): Node {
  return callee.type === "ChainExpression" ? callee.expression : callee;
}

/** What is called, for the message if it is no function. */
function textOf(callee: Node): string {
  if (callee.type === "Identifier") return callee.name;
  if (callee.type !== "MemberExpression" || callee.computed) return "what is called";
  const { object, property } = callee;
  const name = property.type === "PrivateIdentifier" ? `#${property.name}` : property.name;
  if (object.type === "ThisExpression") return `this.${name}`;
  return object.type === "Identifier" ? `${object.name}.${name}` : `.${name}`;
}
