/**
 * Prints a compiled function: a plain function that takes the arguments and makes a generator object, and inside
 * it the code, an arrow function. So `this`, `arguments`, `super`, private names and the parameters mean what they meant.
 */
import { Suspensions } from "../analysis/suspensions.js";
import { placeVariables } from "../analysis/storage.js";
import { FIRST_CALL } from "../runtime/depths.js";
import { isFunction, type Node } from "../syntax/ast.js";
import { isStrict } from "../syntax/strict.js";
import { Context, LeftAlone, type ModuleContext } from "./context.js";
import { type Doc, join } from "./doc.js";
import { codeName, isDirective, print } from "./print.js";
import { PRINTERS } from "./statements.js";
import { declareVariables } from "./variables.js";
import { sequence, Steps } from "./steps.js";

/**
 * A function whose code is a closure of the call, so that it may use all that belongs to the call. `kernel` says whether
 * fibers enter the code, or only the generator object that the call gives. Throws LeftAlone if the function cannot be compiled.
 */
export function printClosure(
  fn: Node,
  outer: Context,
  asExpression: boolean,
  kernel: boolean,
): Doc {
  const { module } = outer;
  checkFunction(fn, module, asExpression);
  const suspensions = new Suspensions([fn.body as Node]);
  placeVariables(fn, module.scopes, suspensions, false, module.places);
  const context = new Context(module, PRINTERS, fn, suspensions, 0, kernel);
  const { frame, how, value } = context;
  const body = printCode(fn, context, false);
  const directives = statementsOf(fn)
    .filter((each) => isDirective(each) && each.directive !== "use fiber")
    .map((each): Doc => [{ start: each.start, end: each.end }, "\n"]);
  const call = (self: string, target: string): Doc => [
    "{\n",
    directives,
    `return ${context.helper(kernel ? "makeRoutine" : "make")}(${self}, (${frame}, ${how}, ${value}) => {\n`,
    body,
    `}${target});\n}`,
  ];
  const parameters = printParameters(fn, outer);
  if (isMethod(fn)) return [parameters, call("undefined", "")];
  if (fn.type === "FunctionDeclaration" && !asExpression) {
    const id = fn.id as Node;
    return ["function ", print(id, outer), parameters, call(id.name, ", new.target")];
  }
  const self = module.names.of("self");
  const name = fn.id?.name ?? nameOf(fn);
  const made: Doc =
    fn.id !== null && !asExpression
      ? [
          "function ",
          { start: fn.id.start, end: fn.id.end },
          parameters,
          call(self, ", new.target"),
        ]
      : [`{ [${JSON.stringify(name)}]`, parameters, call(self, ""), ` }[${JSON.stringify(name)}]`];
  const helper = context.helper(kernel ? "prepared" : "generator");
  return [`((${self}) => (${self} = ${helper}(`, made, ")))()"];
}

export function checkFunction(fn: Node, module: ModuleContext, asExpression: boolean): void {
  const { scopes } = module;
  const uses = scopes.uses.get(fn);
  if (uses?.eval === true) throw new LeftAlone("it calls eval", fn);
  if (scopes.hasWith) throw new LeftAlone("its file uses with", fn);
  if (scopes.hidesUndefined) throw new LeftAlone("its file declares undefined", fn);
  const scope = scopes.scopeOf.get(fn);
  for (const variable of scope?.variables.values() ?? []) {
    if (variable.name === "arguments") throw new LeftAlone("it declares arguments", fn);
    if (variable.kind === "param" && variable.redeclared) {
      throw new LeftAlone(`it declares its parameter ${variable.name} again`, fn);
    }
    if (variable.declared?.parent?.parent?.type === "LabeledStatement") {
      throw new LeftAlone("a function with a label", fn);
    }
  }
  if (!isStrict(fn)) {
    for (const inner of scopes.scopesOfOwner.get(fn) ?? []) {
      if (inner.node === fn) continue;
      for (const variable of inner.variables.values()) {
        if (variable.kind === "function") {
          throw new LeftAlone("a function in a block of sloppy code", fn);
        }
      }
    }
  }
  if (fn.type !== "FunctionDeclaration") return;
  if (module.formOf(fn) === "direct") {
    // Its declaration stays what it was, and would be marked twice.
    const declared = fn.id === null ? null : scopes.references.get(fn.id)?.variable;
    if (declared?.redeclared === true) throw new LeftAlone("it is declared twice", fn);
    return;
  }
  if (fn.id === null) throw new LeftAlone("a default export without a name", fn);
  const { id } = fn;
  const variable = scopes.references.get(id)?.variable;
  if (variable == null || variable.redeclared || variable.changes) {
    throw new LeftAlone("its name is assigned to", fn);
  }
  if (scope?.variables.get(id.name)?.kind === "param")
    throw new LeftAlone("a parameter has its name", fn);
  if (asExpression) return;
  const { parent } = fn;
  const atTop =
    parent?.type === "Program" ||
    (parent?.type ?? "").startsWith("Export") ||
    (parent?.type === "BlockStatement" && parent.parent !== null && isFunction(parent.parent));
  if (!atTop && !isStrict(fn)) throw new LeftAlone("it is declared in a block of sloppy code", fn);
  if (!atTop && parent?.type !== "BlockStatement") throw new LeftAlone("its place", fn);
}

export function isMethod(fn: Node): boolean {
  const { parent } = fn;
  if (parent === null || parent.value !== fn) return false;
  return parent.type === "MethodDefinition" || (parent.type === "Property" && parent.method);
}

/**
 * Whether all that the code needs can be in its frame, so that the code may stand beside the function: its parameters are four
 * at most, each a name or a name with a literal as default, and it uses nothing else of the call.
 */
export function standsAlone(fn: Node, { scopes }: ModuleContext): boolean {
  const uses = scopes.uses.get(fn);
  if (uses === undefined || uses.this || uses.arguments || uses.home || isMethod(fn)) return false;
  return fn.params.length <= 4 && fn.params.every(isSimple);
}

function isSimple(param: Node): boolean {
  if (param.type === "Identifier") return true;
  return (
    param.type === "AssignmentPattern" &&
    param.left.type === "Identifier" &&
    param.right.type === "Literal"
  );
}

/** A routine: its code is a function of its own, and all that it needs is in its frame. */
export function printRoutine(fn: Node, outer: Context, asExpression: boolean): Doc {
  const { module } = outer;
  checkFunction(fn, module, asExpression);
  const suspensions = new Suspensions([fn.body as Node]);
  placeVariables(fn, module.scopes, suspensions, true, module.places);
  const context = new Context(module, PRINTERS, fn, suspensions, fn.params.length, true);
  module.slots.set(fn, context.slots);
  const { frame, how, value } = context;
  const directives = statementsOf(fn)
    .filter((each) => isDirective(each) && each.directive !== "use fiber")
    .map((each): Doc => [{ start: each.start, end: each.end }, "\n"]);
  const body = printCode(fn, context, true);
  const taken = fn.params.map((each) => `, ${localOf(each, fn, context)}`).join("");
  const code: Doc = [`(${frame}, ${how}, ${value}${taken}) {\n`, directives, body, "}"];
  if (fn.type === "FunctionDeclaration" && !asExpression) {
    const id = fn.id as Node;
    const name = codeName(id.name, context);
    const given = fn.params.map((each) => `, ${nameOfParameter(each)}`).join("");
    const make = context.helper("start");
    return [
      "function ",
      print(id, outer),
      parametersOf(fn, module),
      `{ return ${make}(${id.name}, ${name}${given}); }\nfunction ${name}`,
      code,
    ];
  }
  const name = fn.id?.name ?? nameOf(fn);
  const defaults = fn.params.findIndex((each) => each.type !== "Identifier");
  const length = defaults === -1 ? fn.params.length : defaults;
  const made: Doc = [
    `${context.helper("routine")}(${JSON.stringify(name)}, ${length}, function `,
    code,
    () => (context.slots.threeAtMost ? ", true)" : ")"),
  ];
  if (fn.id === null || asExpression) return made;
  const self = module.scopes.scopeOf.get(fn)?.parent?.variables.get(name);
  if (self === undefined || self.references.length <= 1) return made;
  if (self.changes) throw new LeftAlone("it assigns to its own name", fn);
  return [`(() => { const ${name} = `, made, `; return ${name}; })()`];
}

function nameOfParameter(param: Node): string {
  return param.type === "Identifier" ? param.name : param.left.name;
}

/** The parameter of the code: the variable, or what holds its box. */
function localOf(param: Node, fn: Node, context: Context): string {
  const name = nameOfParameter(param);
  const variable = context.module.scopes.scopeOf.get(fn)?.variables.get(name);
  const place = context.placeOf(variable ?? null);
  if (place === undefined) return name;
  return place.box === null ? place.name : context.module.names.box(place.name);
}

/** The parameters come out of the first slots, unless the code was called with them. */
function declareParameters(fn: Node, steps: Steps, context: Context): Doc {
  const loads: Doc[] = [];
  fn.params.forEach((param, index) => {
    const name = nameOfParameter(param);
    const variable = context.module.scopes.scopeOf.get(fn)?.variables.get(name);
    const place = context.placeOf(variable ?? null);
    if (place === undefined) return;
    place.slot = index;
    const local = localOf(param, fn, context);
    loads.push(`${local} = `, context.slot(index), ";\n");
    if (param.type === "AssignmentPattern") {
      const given: Doc = { start: param.right.start, end: param.right.end };
      steps.add(`if (${local} === undefined) ${local} = `, given, ";");
    }
    if (place.box !== null) steps.add(`${local} = { v: ${local} };`);
  });
  if (loads.length === 0) return "";
  return [`if (${context.how} < ${FIRST_CALL}) {\n`, loads, "}\n"];
}

/** The name that the language gives to an anonymous function here. */
export function nameOf(fn: Node): string {
  const { parent } = fn;
  switch (parent?.type) {
    case "VariableDeclarator":
      return parent.id?.type === "Identifier" ? parent.id.name : "";
    case "AssignmentExpression":
      return /^(=|&&=|\|\|=|\?\?=)$/.test(parent.operator) &&
        parent.left.type === "Identifier" &&
        parent.right === fn
        ? parent.left.name
        : "";
    case "AssignmentPattern":
      return parent.left.type === "Identifier" && parent.right === fn ? parent.left.name : "";
    case "Property":
    case "PropertyDefinition":
    case "AccessorProperty":
      if (parent.value !== fn) return "";
      if (parent.computed) throw new LeftAlone("an anonymous function with a computed name", fn);
      return keyName(parent);
    case "ExportDefaultDeclaration":
      return "default";
    default:
      return "";
  }
}

function keyName({ key, type }: Node): string {
  if (key.type === "PrivateIdentifier") return `#${key.name}`;
  const name = key.type === "Identifier" ? key.name : `${key.value as unknown as string | number}`;
  return name === "__proto__" && type === "Property" ? "" : name;
}

/** The parameters as they were written. */
function parametersOf(fn: Node, { source }: ModuleContext): Doc {
  const open = source.indexOf("(", fn.id?.end ?? fn.start);
  return { start: open, end: (fn.body as Node).start };
}

function printParameters(fn: Node, context: Context): Doc {
  const { source } = context.module;
  const start = fn.id?.end ?? fn.start;
  const open = source.indexOf("(", start);
  const body = fn.body as Node;
  const out: Doc[] = [];
  let at = open;
  for (const param of fn.params) {
    out.push({ start: at, end: param.start }, print(param, context));
    at = param.end;
  }
  out.push({ start: at, end: body.start });
  return out;
}

function statementsOf(fn: Node): readonly Node[] {
  return (fn.body as Node).body as Node[];
}

/** The body of the code. */
function printCode(fn: Node, context: Context, framed: boolean): Doc {
  const { pc, frame } = context;
  const statements = statementsOf(fn).filter((each) => !isDirective(each));
  const steps = new Steps();
  const parameters = framed ? declareParameters(fn, steps, context) : "";
  const declarations = declareVariables(fn, steps, context);
  context.printers.addStatements(fn.body as Node, statements, steps, context);
  const body = sequence(steps, context);
  const usesPc = context.suspensions.count > 0;
  return [
    usesPc ? `let ${pc} = ${frame}.pc;\n` : "",
    () => {
      if (!context.slots.overflows) return "";
      const taken = framed && fn.params.length === 4 ? `${frame}.d` : "";
      return `const ${context.more} = ${pc} === 0 ? [${taken}] : ${frame}.d;\n`;
    },
    () =>
      context.callsCode
        ? `const ${context.depth} = ${context.helper("depthIn")}(${frame}, ${context.how});\n`
        : "",
    context.temporaries.length > 0 ? ["let ", join(context.temporaries, ", "), ";\n"] : "",
    parameters,
    declarations,
    body,
  ];
}
