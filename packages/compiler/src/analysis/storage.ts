/**
 * Where the variables of a compiled function live.
 *
 * A block without a suspension is printed as it was written. In a block with one, statements between two
 * suspensions become guarded groups. A variable that is used in one group only stays there. Any other is declared
 * at the start of the block, so each block keeps its own names. If a suspension may lie between a write and a read, it
 * also has a slot of the frame.
 *
 * A closure sees the variables of the activation that made it, and each entry of the code is a new activation. So a
 * variable that is captured and changes lives in a box, an object that both share. The same box, with a
 * check, is used for a variable that may be read before its declaration has run.
 */
import { ancestor, contains, isFunction, isGenerator, isLoop, type Node } from "../syntax/ast.js";
import type { Places } from "./places.js";
import type { Reference, Scope, Scopes, Variable } from "./scopes.js";
import type { Suspensions } from "./suspensions.js";

export interface Storage {
  readonly variable: Variable;
  /** The name under which it is printed. */
  name: string;
  readonly box: "plain" | "checked" | null;
  /** It has one value from its declaration on. */
  readonly constant: boolean;
  /** The suspension points at which its value, or its box, is needed later. */
  readonly live: ReadonlySet<Node>;
  /** The number of its slot while its scope is printed. */
  slot: number | null;
}

/** Decides for all variables of a function. The parameters have their places if `framed`, otherwise they stay outside. */
export function placeVariables(
  fn: Node,
  scopes: Scopes,
  suspensions: Suspensions,
  framed: boolean,
  into: Places,
  isCompiled: (fn: Node) => boolean = isGenerator,
): void {
  const own: Storage[] = [];
  // Where it stays, it must not hide a variable that is saved under its own name. Outer scopes come first.
  const stays = (variable: Variable): boolean =>
    staysInGroup(variable, suspensions) && !shadows(variable, fn, into);
  for (const scope of scopesOf(fn, scopes)) {
    if (!suspensions.within(scope.node) && scope.node !== fn) continue;
    for (const variable of scope.variables.values()) {
      if (variable.kind === "self") continue;
      if (variable.kind === "param" && !framed) continue;
      if (staysAsWritten(variable, stays, isCompiled)) continue;
      const storage = placeOf(variable, fn, suspensions);
      into.set(variable, storage);
      own.push(storage);
    }
  }
  for (const storage of own) {
    if (shadows(storage.variable, fn, into))
      storage.name = `${storage.name}$${storage.variable.scope.node.start}`;
    into.settle(storage);
  }
}

function scopesOf(fn: Node, scopes: Scopes): readonly Scope[] {
  return scopes.scopesOfOwner.get(fn) ?? [];
}

function shadows(variable: Variable, fn: Node, places: Places): boolean {
  if (variable.scope.node === fn) return false;
  let at = variable.scope.parent;
  while (at !== null && at.owner.node === fn) {
    const outer = at.variables.get(variable.name);
    if (outer !== undefined && places.has(outer)) return true;
    at = at.parent;
  }
  return false;
}

/** Whether a variable, and every other of the same declaration, is used in one group of statements. */
function staysAsWritten(
  variable: Variable,
  stays: (variable: Variable) => boolean,
  isCompiled: (fn: Node) => boolean,
): boolean {
  if (variable.kind === "var" || variable.kind === "param") return false;
  if (!stays(variable)) return false;
  const { declared } = variable;
  // The declaration of what may be compiled becomes an expression at the start of its block.
  if (variable.kind === "function" && declared?.parent != null && isCompiled(declared.parent))
    return false;
  const declaration =
    declared === null ? null : ancestor(declared, (each) => each.type === "VariableDeclaration");
  if (declaration === null) return true;
  for (const other of variable.scope.variables.values()) {
    const inside = other.references.some((each) => each.init && contains(declaration, each.node));
    if (inside && !stays(other)) return false;
  }
  return true;
}

function placeOf(variable: Variable, fn: Node, suspensions: Suspensions): Storage {
  const { scope, references, kind, changes } = variable;
  const lexical = kind === "let" || kind === "const" || kind === "class";
  const declared = references.find((each) => each.init);
  const captures = references.filter((each) => each.scope.owner !== scope.owner);
  const constant = !changes && kind !== "var" && kind !== "param" && !variable.redeclared;
  const fixed = constant || (kind === "param" && !changes && !variable.redeclared);

  let checked = kind === "const" && changes;
  if (lexical && declared !== undefined) {
    checked ||= references.some((each) => !each.init && mayComeBefore(each, declared, fn));
  }
  const early =
    kind === "function" || declared === undefined
      ? false
      : captures.some((each) => positionOf(each, fn) < declared.node.end);

  const counts = checked || captures.length > 0;
  const uses = references.filter((each) => counts || each.read).map((each) => usePlace(each, fn));
  // Each entry of its block makes a new variable, so it has nothing to keep before its declaration has run.
  const isFresh = lexical && !checked && captures.length === 0;
  const first = isFresh && declared !== undefined ? declared.node : null;
  const live = liveAt(suspensions, uses, scope.node, first);
  const perIteration = scope.node.type === "ForStatement" && captures.length > 0 && !fixed;
  const boxed = captures.length > 0 && (!fixed || early) && (live.size > 0 || perIteration);
  return {
    variable,
    name: variable.name,
    box: checked ? "checked" : boxed ? "plain" : null,
    constant: fixed,
    live,
    slot: null,
  };
}

/** Whether a variable has its value at a point: after its declaration, or after its name in a pattern that suspends. */
function comesAfter(point: Node, declared: Node): boolean {
  const declaration = declarationOf(declared);
  if (point.start >= declaration.end) return true;
  const inPattern = declaration.id !== null && contains(declaration.id, point);
  return inPattern && point.start >= declared.end;
}

/** Where a reference has its effect: in a closure, that is where the closure is made. */
function usePlace(reference: Reference, fn: Node): Node {
  let at = reference.node;
  let outermost: Node | null = null;
  while (at !== fn) {
    if (isFunction(at) || at.type === "PropertyDefinition" || at.type === "StaticBlock")
      outermost = at;
    at = at.parent as Node;
  }
  return outermost ?? reference.node;
}

function positionOf(reference: Reference, fn: Node): number {
  const place = usePlace(reference, fn);
  if (place.type !== "FunctionDeclaration") return place.start;
  // Function declarations are made when their block is entered.
  return (place.parent as Node).start;
}

/** Whether a reference may be evaluated before the declaration has run. */
function mayComeBefore(reference: Reference, declared: Reference, fn: Node): boolean {
  const declaration = declarationOf(declared.node);
  const position = positionOf(reference, fn);
  if (
    position < declaration.end &&
    !(declaration.type === "ClassDeclaration" && position > declaration.start)
  ) {
    return true;
  }
  const { node } = declared.scope;
  if (node.type === "ForInStatement" || node.type === "ForOfStatement") {
    return contains(node.right, reference.node);
  }
  if (node.type !== "SwitchStatement") return false;
  return !node.cases.some((each) => contains(each, declaration) && contains(each, reference.node));
}

function declarationOf(node: Node): Node {
  return (
    ancestor(node, (each) =>
      /^(VariableDeclarator|ClassDeclaration|FunctionDeclaration|CatchClause)$/.test(each.type),
    ) ?? node
  );
}

/** The points after a declaration at which the value that a variable of `scope` has may be used later. */
function liveAt(
  suspensions: Suspensions,
  uses: readonly Node[],
  scope: Node,
  declared: Node | null,
): Set<Node> {
  const live = new Set<Node>();
  const last = uses.reduce((latest, { start }) => Math.max(latest, start), -1);
  // The function itself has no range: all points are inside it.
  const { low, high } = suspensions.rangeOf(scope) ?? { low: 1, high: suspensions.count };
  for (let number = low; number <= high; number++) {
    const point = suspensions.points[number - 1] as Node;
    if (declared !== null && !comesAfter(point, declared)) continue;
    if (last >= point.end || mayReturnTo(uses, point, scope)) live.add(point);
  }
  return live;
}

/** Whether one of these uses, all before the end of `point`, may come after it. It errs on the side of yes. */
function mayReturnTo(uses: readonly Node[], point: Node, scope: Node): boolean {
  const statement = statementOf(point);
  if (uses.some((use) => use.start >= statement.start && !contains(point, use))) return true;
  for (let loop = point.parent; loop !== null && contains(scope, loop); loop = loop.parent) {
    const around = loop;
    if (!isLoop(around) || (around === scope && around.type !== "ForStatement")) continue;
    if (uses.some((use) => contains(around, use))) return true;
  }
  return false;
}

function statementOf(node: Node): Node {
  return (
    ancestor(node, ({ type }) => type.endsWith("Statement") || type.endsWith("Declaration")) ?? node
  );
}

/** Whether all references lie in one run of statements of the variable's block without a suspension between. */
function staysInGroup({ name, scope, references }: Variable, suspensions: Suspensions): boolean {
  const list = listOf(scope.node);
  const first = list?.[0];
  const last = list?.at(-1);
  if (list === null || first === undefined || last === undefined) return false;
  let start = last.end;
  let end = first.start;
  for (const { node } of references) {
    start = Math.min(start, node.start);
    end = Math.max(end, node.end);
  }
  // A parameter's default is outside of the block.
  if (start < first.start || end > last.end) return false;
  // A function of the same list may be moved to the start of the block.
  const movable = list.filter(
    (each) => each.type === "FunctionDeclaration" && each.id?.name !== name,
  );
  if (movable.some((each) => references.some(({ node }) => contains(each, node)))) return false;
  return list.every((each) => each.end <= start || end <= each.start || !suspensions.within(each));
}

/** The statements of a block or a function's body. */
function listOf(node: Node): readonly Node[] | null {
  if (node.type === "BlockStatement") return node.body as Node[];
  if (isFunction(node)) return (node.body as Node).body as Node[];
  return null;
}
