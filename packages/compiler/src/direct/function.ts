/**
 * Prints a function in direct style: the function that it was, with a prologue that tells how it is entered.
 *
 * There is one body. Called, it runs with `$pc` 0, and nothing is saved. Entered again, its variables come out of
 * `$slots`, and what lies before the call that suspended is skipped (structured re-entry).
 */
import { placeVariables } from "../analysis/storage.js";
import { Suspensions } from "../analysis/suspensions.js";
import { Context, type ModuleContext } from "../emit/context.js";
import { type Doc, join } from "../emit/doc.js";
import { branch } from "../emit/branch.js";
import { checkFunction, isMethod, nameOf } from "../emit/function.js";
import { give, giveElement } from "../emit/patterns.js";
import { printReturn } from "../emit/exits.js";
import { isAnonymous, isNamedByKey, named } from "../emit/naming.js";
import { assignTo, isDirective, print, printFrom } from "../emit/print.js";
import { PRINTERS } from "../emit/statements.js";
import { sequence, Steps } from "../emit/steps.js";
import { declareVariables, restoring } from "../emit/variables.js";
import type { Node } from "../syntax/ast.js";
import { NATIVE_DEPTH, numberOf, TOO_DEEP } from "../runtime/depths.js";
import { DIRECTIVE } from "./choose.js";
import { type Parameters, parametersOf } from "./params.js";
import { partsOf } from "./points.js";

/** Throws LeftAlone if the function cannot be compiled. */
export function printDirect(fn: Node, outer: Context, asExpression: boolean): Doc {
  const { module } = outer;
  checkFunction(fn, module, true);
  const names = module.names;
  const isQuiet = module.isQuiet(fn);
  if (isQuiet && !isMethod(fn)) return printQuiet(fn, outer, asExpression);
  const points = module.pointsOf(fn);
  const parameters = parametersOf(fn, (index) => names.of(`p${index}`));
  const { printed } = parameters;
  const body = isQuiet
    ? printWritten(fn, parameters, `${outer.registers}.depth = 0;\n`, outer)
    : points.size === 0
      ? printForward(fn, parameters, outer)
      : printBody(fn, parameters, new Suspensions(partsOf(fn), points), outer);
  const list = `(${(points.size === 0 ? printed.slice(0, fn.params.length) : printed).join(", ")})`;
  if (isMethod(fn)) return [list, " ", body];
  return marked(
    fn,
    [list, fn.type === "ArrowFunctionExpression" ? " => " : " ", body],
    "direct",
    outer,
    asExpression,
  );
}

/** A function in which nothing can wait stays as it was written. */
function printQuiet(fn: Node, outer: Context, asExpression: boolean): Doc {
  const from =
    fn.type === "ArrowFunctionExpression"
      ? fn.start
      : outer.module.source.indexOf("(", fn.id?.end ?? fn.start);
  return marked(fn, printFrom(from, fn, outer), "quiet", outer, asExpression);
}

/** A function with its mark, where an expression may stand. */
function marked(
  fn: Node,
  rest: Doc,
  mark: "direct" | "quiet",
  outer: Context,
  asExpression: boolean,
): Doc {
  if (fn.type === "FunctionDeclaration" && fn.id !== null && !asExpression) {
    return ["function ", print(fn.id, outer), rest];
  }
  const isArrow = fn.type === "ArrowFunctionExpression";
  const ownName: Doc = fn.id !== null && !isArrow && !asExpression ? print(fn.id, outer) : "";
  const text: Doc = isArrow ? rest : ["function ", ownName, rest];
  if (isNamedByKey(fn)) return text;
  // `new function () {}`: in `new mark(function () {})`, it would be the mark that is constructed.
  if (fn.parent?.type === "NewExpression" && fn.parent.callee === fn) return text;
  const name = ownName === "" ? inferredName(fn, asExpression) : "";
  return [outer.helper(mark), "(", name === "" ? text : named(name, text), ")"];
}

function inferredName(fn: Node, asExpression: boolean): string {
  if (asExpression && fn.id !== null) return fn.id.name;
  const { parent } = fn;
  // `(name) = () => {}` names nothing.
  if (parent?.type === "AssignmentExpression" && parent.start !== parent.left.start) return "";
  // The name of a computed key is known only at run time.
  return parent?.computed === true && parent.value === fn ? "" : nameOf(fn);
}

function statementsOf(fn: Node): readonly Node[] {
  const body = fn.body as Node;
  return body.type === "BlockStatement" ? (body.body as Node[]) : [];
}

function directivesOf(fn: Node): Doc {
  return statementsOf(fn)
    .filter((each) => isDirective(each) && each.directive !== DIRECTIVE)
    .map((each): Doc => [{ start: each.start, end: each.end }, "\n"]);
}

/** A function that is never entered again: all its points are tail calls. */
function printForward(fn: Node, parameters: Parameters, outer: Context): Doc {
  const { module } = outer;
  const context = new Context(module, PRINTERS, fn, new Suspensions([]), 0, false, true);
  const { depth } = context;
  const first: Doc = [
    { place: null },
    `let ${depth} = ${context.helper("begin")}(${numberOf(nameFor(fn))})`,
    () => context.temporaries.map((each) => `, ${each}`),
    ";\n",
    returnIfDeep(fn, parameters, context),
  ];
  return printWritten(fn, parameters, first, context);
}

/** The call begins again from the kernel's loop if the native stack is deep enough. */
function returnIfDeep(fn: Node, parameters: Parameters, context: Context): Doc {
  const { depth, module } = context;
  const given = givenTo(fn, parameters, module);
  return `if (${depth} === ${TOO_DEEP}) return ${context.helper("deep")}(${given});\n`;
}

/** A function whose body stays as it was written, after its first act. */
function printWritten(fn: Node, { plain }: Parameters, first: Doc, context: Context): Doc {
  const { names } = context.module;
  const out: Doc[] = ["{\n", directivesOf(fn), first];
  fn.params.slice(plain).forEach((param, at) => {
    const given = names.of(`p${plain + at}`);
    const target = targetOf(param);
    const value: Doc =
      param.type === "AssignmentPattern"
        ? [`${given} === undefined ? (`, defaultOf(param, context), `) : ${given}`]
        : given;
    out.push("let ", print(target, context), " = ", value, ";\n");
  });
  const body = fn.body as Node;
  if (body.type !== "BlockStatement") return [out, "return (", print(body, context), ");\n}"];
  const isEmpty = statementsOf(fn).every((each) => isDirective(each));
  const rest = isEmpty ? "" : print(body, context);
  // The block stays a block of its own, because its text is printed as one.
  return [out, rest, "\n}"];
}

function targetOf(param: Node): Node {
  if (param.type === "AssignmentPattern") return param.left;
  return param.type === "RestElement" ? param.argument : param;
}

function defaultOf(param: Node, context: Context): Doc {
  const doc = print(param.right, context);
  return param.left.type === "Identifier" && isAnonymous(param.right)
    ? named(param.left.name, doc)
    : doc;
}

function printBody(
  fn: Node,
  parameters: Parameters,
  suspensions: Suspensions,
  outer: Context,
): Doc {
  const { module } = outer;
  placeVariables(
    fn,
    module.scopes,
    suspensions,
    true,
    module.places,
    (each) => module.formOf(each) !== undefined,
  );
  const context = new Context(module, PRINTERS, fn, suspensions, 0, false, true);
  const { pc, value, depth, slotsName: slots } = context;
  const steps = new Steps();
  const restores: Doc[] = (context.restores = []);
  const ownArguments = declareArguments(fn, context);
  const declared = declareParameters(fn, parameters, restores, steps, context);
  const declarations = declareVariables(fn, steps, context);
  context.restores = null;
  addBody(fn, steps, context);
  const code = sequence(steps, context);
  const { temporaries } = context;
  const { threeAtMost } = context.slots;
  context.helper(threeAtMost ? "leave" : "leaveMany");
  return [
    "{\n",
    directivesOf(fn),
    { place: null },
    `let ${depth} = ${context.helper("begin")}(${numberOf(nameFor(fn))}), ${pc} = 0, ${value}, ${slots};\n`,
    () => (temporaries.length > 0 ? ["let ", join(temporaries, ", "), ";\n"] : ""),
    declared,
    declarations,
    `if (${depth} > ${NATIVE_DEPTH}) {\n`,
    returnIfDeep(fn, parameters, context),
    `${depth} = 1;\n${slots} = ${parameters.list};\n${pc} = ${slots}${threeAtMost ? ".pc" : "[0]"};\n`,
    restores,
    "}\n",
    ownArguments,
    code,
    "}",
  ];
}

/** What the function is called with again, if it has not run. */
function givenTo(fn: Node, { given }: Parameters, { scopes }: ModuleContext): string {
  const ownArguments =
    fn.type !== "ArrowFunctionExpression" && scopes.uses.get(fn)?.arguments === true;
  return ownArguments ? "arguments" : `[${given.join(", ")}]`;
}

function nameFor(fn: Node): string {
  if (fn.id !== null) return fn.id.name;
  const { parent } = fn;
  if (parent?.value === fn && !parent.computed && parent.key?.type === "Identifier") {
    return parent.key.name;
  }
  return parent?.type === "VariableDeclarator" && parent.id?.type === "Identifier"
    ? parent.id.name
    : "";
}

function addBody(fn: Node, steps: Steps, context: Context): void {
  const body = fn.body as Node;
  if (body.type !== "BlockStatement") {
    const doc = context.printers.expression(body, steps, context);
    steps.add(printReturn(doc, context));
    return;
  }
  const statements = statementsOf(fn).filter((each) => !isDirective(each));
  context.printers.addStatements(body, statements, steps, context);
}

/** Parameters that are names stay where they are. The others are declared, and get their values in steps. */
function declareParameters(
  fn: Node,
  { plain }: Parameters,
  restores: Doc[],
  steps: Steps,
  context: Context,
): Doc {
  const { module } = context;
  const out: Doc[] = [];
  const names = new Set(fn.params.slice(0, plain).map((each) => each.name));
  for (const variable of module.scopes.scopeOf.get(fn)?.variables.values() ?? []) {
    const place = context.placeOf(variable);
    if (variable.kind !== "param" || place === undefined) continue;
    const slot = place.live.size > 0 ? (place.slot = context.slots.take()) : null;
    const isPlain = names.has(variable.name);
    const box = module.names.box(place.name);
    if (place.box !== null) {
      out.push(`let ${box}`, slot === null ? "" : restoring(slot, place, context), ";\n");
      steps.add(`${box} = { v: ${isPlain ? place.name : "undefined"} };`);
    } else if (!isPlain) {
      out.push(`let ${place.name}`, slot === null ? "" : restoring(slot, place, context), ";\n");
    } else if (slot !== null) {
      restores.push(`${place.name} = `, context.slot(slot), ";\n");
    }
  }
  giveParameters(fn.params.slice(plain), plain, steps, context);
  return out;
}

/** A variable for `arguments`, which a function that is entered again does not have. */
function declareArguments(fn: Node, context: Context): Doc {
  const { module } = context;
  if (!module.renamesArguments(fn)) return "";
  const name = module.names.of("arguments");
  const slot = context.slots.take();
  context.kept.push({ name, slot });
  return [`let ${name} = ${context.starts} ? arguments : `, context.slot(slot), ";\n"];
}

/** What the function was called with for a parameter is kept while those before it suspend. */
function giveParameters(
  params: readonly Node[],
  from: number,
  steps: Steps,
  context: Context,
): void {
  const { held, slots } = context;
  const mark = slots.mark();
  const given = params.map((_param, at) => context.module.names.of(`p${from + at}`));
  const first = params.findIndex((param) => context.within(param));
  if (first !== -1) {
    for (const name of given.slice(first + 1)) held.push({ name, slot: slots.take() });
  }
  params.forEach((param, at) => {
    giveParameter(param, given[at] as string, steps, context);
    if (first !== -1 && at >= first) held.shift();
  });
  slots.release(mark);
}

/** Gives a parameter what it was called with, or its default. */
function giveParameter(param: Node, given: string, steps: Steps, context: Context): void {
  const target = targetOf(param);
  if (param.type !== "AssignmentPattern") {
    give(target, target, given, steps, context);
    return;
  }
  if (target.type === "Identifier") {
    give(target, target, given, steps, context);
    branch(
      [given, " === undefined"],
      param.right,
      (inner) => {
        const value = context.printers.expression(param.right, inner, context);
        inner.add(assignTo(target, param.right, value, context), ";");
      },
      steps,
      context,
    );
    return;
  }
  if (context.within(param)) {
    giveElement(param, given, steps, context);
    return;
  }
  const value: Doc = [`${given} === undefined ? (`, print(param.right, context), `) : ${given}`];
  steps.add(assignTo(target, target, value, context), ";");
}
