/**
 * Prints a compiled function: a plain function that takes the arguments and makes a generator object, and inside
 * it the code, an arrow function. So `this`, `arguments`, `super`, private names and the parameters mean what they meant.
 */
import { Suspensions } from "../analysis/suspensions.js";
import { placeVariables } from "../analysis/storage.js";
import { isFunction, type Node } from "../syntax/ast.js";
import { Context, LeftAlone, type ModuleContext } from "./context.js";
import { type Doc, join } from "./doc.js";
import { isDirective, print } from "./print.js";
import { PRINTERS } from "./statements.js";
import { declareVariables } from "./variables.js";
import { sequence, Steps } from "./steps.js";

/** Throws LeftAlone if the function cannot be compiled. */
export function printGenerator(fn: Node, outer: Context): Doc {
  const { module } = outer;
  checkFunction(fn, module);
  const suspensions = new Suspensions(fn.body as Node);
  placeVariables(fn, module.scopes, suspensions, false, module.places);
  const context = new Context(module, PRINTERS, fn, suspensions, 0, false);
  const { frame, how, value } = context;
  const body = printCode(fn, context);
  const directives = statementsOf(fn)
    .filter(isDirective)
    .map((each): Doc => [{ start: each.start, end: each.end }, "\n"]);
  const call = (self: string, target: string): Doc => [
    "{\n",
    directives,
    `return ${context.helper("make")}(${self}, (${frame}, ${how}, ${value}) => {\n`,
    body,
    `}${target});\n}`,
  ];
  const parameters = printParameters(fn, outer);
  if (isMethod(fn)) return [parameters, call("undefined", "")];
  if (fn.type === "FunctionDeclaration") {
    const id = fn.id as Node;
    return ["function ", print(id, outer), parameters, call(id.name, ", new.target")];
  }
  const self = module.names.of("self");
  const name = nameOf(fn);
  const made: Doc =
    fn.id !== null
      ? ["function ", { start: fn.id.start, end: fn.id.end }, parameters, call(self, ", new.target")]
      : [`{ [${JSON.stringify(name)}]`, parameters, call(self, ""), ` }[${JSON.stringify(name)}]`];
  return [`((${self}) => (${self} = ${context.helper("generator")}(`, made, ")))()"];
}

function checkFunction(fn: Node, { scopes }: ModuleContext): void {
  const uses = scopes.uses.get(fn);
  if (uses?.eval === true) throw new LeftAlone("it calls eval", fn);
  if (scopes.hasWith) throw new LeftAlone("its file uses with", fn);
  const scope = scopes.scopeOf.get(fn);
  for (const variable of scope?.variables.values() ?? []) {
    if (variable.name === "arguments") throw new LeftAlone("it declares arguments", fn);
    if (variable.kind === "param" && variable.redeclared) {
      throw new LeftAlone(`it declares its parameter ${variable.name} again`, fn);
    }
  }
  if (!isStrict(fn)) {
    for (const [node, inner] of scopes.scopeOf) {
      if (inner.owner.node !== fn || inner.node === fn || node !== inner.node) continue;
      for (const variable of inner.variables.values()) {
        if (variable.kind === "function") {
          throw new LeftAlone("a function in a block of sloppy code", fn);
        }
      }
    }
  }
  if (fn.type !== "FunctionDeclaration") return;
  if (fn.id === null) throw new LeftAlone("a default export without a name", fn);
  const { id } = fn;
  const variable = scopes.references.get(id)?.variable;
  if (variable == null || variable.redeclared || variable.references.some((each) => each.write && !each.init)) {
    throw new LeftAlone("its name is assigned to", fn);
  }
  if (scope?.variables.get(id.name)?.kind === "param") throw new LeftAlone("a parameter has its name", fn);
  const { parent } = fn;
  const atTop =
    parent?.type === "Program" ||
    /^Export/.test(parent?.type ?? "") ||
    (parent?.type === "BlockStatement" && parent.parent !== null && isFunction(parent.parent));
  if (!atTop && !isStrict(fn)) throw new LeftAlone("it is declared in a block of sloppy code", fn);
  if (!atTop && parent?.type !== "BlockStatement") throw new LeftAlone("its place", fn);
}

function isStrict(node: Node): boolean {
  let at: Node | null = node;
  while (at !== null) {
    if (at.type === "Program") {
      const { sourceType, body } = at as unknown as { sourceType: string; body: Node[] };
      return sourceType === "module" || hasUseStrict(body);
    }
    if (at.type === "ClassBody") return true;
    if (isFunction(at) && at.body?.type === "BlockStatement" && hasUseStrict(at.body.body as Node[])) {
      return true;
    }
    at = at.parent;
  }
  return false;
}

function hasUseStrict(body: readonly Node[]): boolean {
  return body.some((each) => each.directive === "use strict");
}

export function isMethod(fn: Node): boolean {
  const { parent } = fn;
  if (parent === null || parent.value !== fn) return false;
  return parent.type === "MethodDefinition" || (parent.type === "Property" && parent.method);
}

/** The name that the language gives to an anonymous function here. */
function nameOf(fn: Node): string {
  const { parent } = fn;
  switch (parent?.type) {
    case "VariableDeclarator":
      return parent.id?.type === "Identifier" ? parent.id.name : "";
    case "AssignmentExpression":
      return /^(=|&&=|\|\|=|\?\?=)$/.test(parent.operator) && parent.left.type === "Identifier" && parent.right === fn
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
  if ((key.type as string) === "PrivateIdentifier") return `#${key.name}`;
  const name = key.type === "Identifier" ? key.name : String(key.value);
  return name === "__proto__" && type === "Property" ? "" : name;
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
function printCode(fn: Node, context: Context): Doc {
  const { pc, frame } = context;
  const statements = statementsOf(fn).filter((each) => !isDirective(each));
  const steps = new Steps();
  const declarations = declareVariables(fn, steps, context);
  context.printers.hoistFunctions(statements, steps, context);
  for (const each of statements) context.printers.addStatement(each, steps, context);
  const body = sequence(steps, context);
  const more = context.module.names.of("more");
  const usesPc = context.suspensions.count > 0;
  return [
    usesPc || steps.list.length > 0 ? `let ${pc} = ${frame}.pc;\n` : "",
    () => (context.slots.overflows ? `const ${more} = ${pc} === 0 ? (${frame}.d = []) : ${frame}.d;\n` : ""),
    context.temporaries.length > 0 ? ["let ", join(context.temporaries, ", "), ";\n"] : "",
    declarations,
    body,
  ];
}
