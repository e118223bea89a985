/**
 * Which generator functions are routines, that is, run by fibers. A function is one if
 *
 * - it begins with the directive `"use fiber"`, or
 * - it is an argument of a call of something imported from Fibril (`run(f)`, `new Fiber(f)`, `scope(f)`), or
 * - it waits for a call of something imported from Fibril (`yield* sleep(5)`), or
 * - a routine waits for a call of it (`yield* f()`, `yield* this.f()`), or it waits for a call of a routine,
 *
 * and it has no `yield` without a star, with which a generator gives values to ordinary code.
 */
import { ancestor, childrenOf, isFunction, isGenerator, type Node } from "../syntax/ast.js";
import type { Scopes, Variable } from "./scopes.js";

/** For each generator function, undefined if it is a routine, otherwise why it is taken for none. */
export function chooseRoutines(program: Node, scopes: Scopes): Map<Node, string | undefined> {
  const outcome = new Map<Node, string | undefined>();
  const routines = new Set<Node>();
  const waiting: Node[] = [];
  const add = (fn: Node | null): void => {
    if (fn === null || routines.has(fn) || outcome.get(fn) === VALUES) return;
    routines.add(fn);
    waiting.push(fn);
  };
  const generators: Node[] = [];
  const calls: Node[] = [];
  const visit = (node: Node): void => {
    if (isGenerator(node)) generators.push(node);
    if (node.type === "CallExpression" || node.type === "NewExpression") calls.push(node);
    for (const child of childrenOf(node)) visit(child);
  };
  visit(program);

  for (const fn of generators) {
    outcome.set(fn, yieldsOf(fn).some((each) => !each.delegate) ? VALUES : UNKNOWN);
  }
  for (const fn of generators) if (hasDirective(fn) || waitsForLibrary(fn, scopes)) add(fn);
  for (const node of calls) {
    if (!isLibrary(node.callee, scopes)) continue;
    for (const each of node.arguments) add(functionOf(each, scopes));
  }
  const callers = new Map<Node, Node[]>();
  for (const fn of generators) {
    for (const called of calledBy(fn, scopes)) {
      const known = callers.get(called);
      if (known === undefined) callers.set(called, [fn]);
      else known.push(fn);
    }
  }
  for (let fn = waiting.pop(); fn !== undefined; fn = waiting.pop()) {
    outcome.set(fn, undefined);
    for (const called of calledBy(fn, scopes)) add(called);
    for (const caller of callers.get(fn) ?? []) add(caller);
  }
  return outcome;
}

const VALUES = "it has a yield without a star, as an ordinary iterator";
const UNKNOWN = "nothing shows that a fiber runs it";

function hasDirective(fn: Node): boolean {
  return (fn.body.body as Node[]).some((each) => each.directive === "use fiber");
}

function yieldsOf(fn: Node): Node[] {
  const found: Node[] = [];
  const visit = (node: Node): void => {
    if (node.type === "YieldExpression") found.push(node);
    for (const child of childrenOf(node)) if (!isFunction(child)) visit(child);
  };
  visit(fn.body as Node);
  return found;
}

/** The generator functions of this file for whose calls it waits. */
function calledBy(fn: Node, scopes: Scopes): Node[] {
  const found: Node[] = [];
  for (const { argument } of yieldsOf(fn)) {
    if (argument?.type !== "CallExpression") continue;
    const called = functionOf(argument.callee, scopes) ?? methodOf(argument.callee);
    if (called !== null) found.push(called);
  }
  return found;
}

/** The method of the same class or object that `this.name` is, unless a subclass has another. */
function methodOf(callee: Node): Node | null {
  if (callee.type !== "MemberExpression" || callee.computed) return null;
  if (callee.object.type !== "ThisExpression") return null;
  const { type, name } = callee.property;
  const holder = ancestor(callee, (each) => /^(ClassBody|ObjectExpression)$/.test(each.type));
  const members: readonly Node[] = holder?.body ?? holder?.properties ?? [];
  const method = members.find(
    ({ key, computed }) => key?.type === type && key.name === name && !computed,
  );
  const value: Node | null = method?.value ?? null;
  return value !== null && isGenerator(value) ? value : null;
}

function waitsForLibrary(fn: Node, scopes: Scopes): boolean {
  return yieldsOf(fn).some(
    ({ argument }) => argument?.type === "CallExpression" && isLibrary(argument.callee, scopes),
  );
}

/** Whether an expression is something that was imported from Fibril, or a member of it. */
function isLibrary(node: Node, scopes: Scopes): boolean {
  if (node.type === "MemberExpression") return isLibrary(node.object, scopes);
  return node.type === "Identifier" && libraryName(node, scopes) !== null;
}

/** `Fiber.yield` or `park`: what an expression names in Fibril, by whatever name it was imported. */
export function libraryPath(node: Node, scopes: Scopes): string | null {
  if (node.type === "Identifier") return libraryName(node, scopes);
  if (node.type !== "MemberExpression" || node.computed) return null;
  const holder = libraryPath(node.object, scopes);
  const name = node.property.type === "Identifier" ? node.property.name : undefined;
  if (holder === null || name === undefined) return null;
  return holder === "*" ? name : `${holder}.${name}`;
}

/** The name that an identifier has in Fibril, or null if it does not come from there. */
export function libraryName(node: Node, scopes: Scopes): string | null {
  const variable = scopes.references.get(node)?.variable;
  if (variable == null || variable.declared === null) return null;
  const { declared } = variable;
  const { parent } = declared;
  if (variable.kind === "import") {
    const source = parent?.parent?.source as unknown as { value: string } | undefined;
    if (!isFibril(source?.value)) return null;
    return parent?.type === "ImportSpecifier" ? (parent.imported.name ?? "") : "*";
  }
  if (variable.kind !== "const") return null;
  // const { Fiber } = require("fibril")
  const declarator = parent?.type === "Property" ? parent.parent?.parent : parent;
  const init = declarator?.type === "VariableDeclarator" ? declarator.init : null;
  if (init?.type !== "CallExpression" || init.callee.name !== "require") return null;
  const value = (init.arguments[0] as unknown as { value?: string } | undefined)?.value;
  if (!isFibril(value)) return null;
  return parent?.type === "Property" ? parent.key.name : "*";
}

function isFibril(source: string | undefined): boolean {
  return source !== undefined && /^(fibril|@fibril\/node)($|\/)/.test(source);
}

/** The generator function of this file that an expression is. */
export function functionOf(node: Node, scopes: Scopes): Node | null {
  if (isGenerator(node)) return node;
  if (node.type !== "Identifier") return null;
  const variable = scopes.references.get(node)?.variable ?? null;
  return variable === null ? null : functionIn(variable);
}

/** The generator function that a variable always holds. */
function functionIn(variable: Variable): Node | null {
  if (variable.redeclared || variable.changes) return null;
  const { declared } = variable;
  const parent = declared?.parent ?? null;
  if (parent === null) return null;
  if (parent.type === "FunctionDeclaration") {
    return parent.id === declared && isGenerator(parent) ? parent : null;
  }
  if (parent.type !== "VariableDeclarator" || parent.id !== declared || parent.init === null)
    return null;
  return isGenerator(parent.init) ? parent.init : null;
}
