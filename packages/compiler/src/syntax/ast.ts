/**
 * The syntax tree: ESTree as oxc gives it, each node with its place in the text and, after `link`, its parent and its
 * children.
 */
import { visitorKeys } from "oxc-parser";

/**
 * One interface for all nodes. Which fields a node has is known from its `type`; a union of all node types would
 * force a cast at nearly every access, because most of the compiler looks at fields that many types share.
 */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  parent: Node | null;
  /** In the order of the text. Each analysis walks the tree, so they are looked for once. */
  inner: readonly Node[];
  readonly name: string;
  readonly id: Node | null;
  readonly key: Node;
  readonly value: Node;
  readonly kind: string;
  readonly operator: string;
  readonly directive?: string | null;
  readonly generator: boolean;
  readonly async: boolean;
  readonly computed: boolean;
  readonly shorthand: boolean;
  readonly method: boolean;
  readonly optional: boolean;
  readonly delegate: boolean;
  readonly static: boolean;
  readonly prefix: boolean;
  /** Of a function: BlockStatement; of a block or a class: a list; of a loop: a statement. */
  readonly body: any;
  readonly params: readonly Node[];
  readonly declarations: readonly Node[];
  readonly properties: readonly Node[];
  readonly elements: readonly (Node | null)[];
  readonly expressions: readonly Node[];
  readonly quasis: readonly Node[];
  readonly quasi: Node;
  readonly tag: Node;
  readonly arguments: readonly Node[];
  readonly cases: readonly Node[];
  readonly consequent: any;
  readonly alternate: Node | null;
  readonly test: Node | null;
  readonly update: Node | null;
  readonly init: Node | null;
  readonly left: Node;
  readonly right: Node;
  readonly argument: Node;
  readonly expression: Node;
  readonly object: Node;
  readonly property: Node;
  readonly callee: Node;
  readonly block: Node;
  readonly handler: Node | null;
  readonly finalizer: Node | null;
  readonly param: Node | null;
  readonly label: Node | null;
  readonly discriminant: Node;
  readonly superClass: Node | null;
  readonly declaration: Node | null;
  readonly specifiers: readonly Node[];
  readonly source: Node;
  readonly imported: Node;
  readonly local: Node;
  readonly importKind?: string;
  readonly raw: string;
}

const NONE: readonly Node[] = [];

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Node).type === "string";
}

/** The children of a node in the order of the text. */
export function childrenOf(node: Node): readonly Node[] {
  return node.inner;
}

/** What `findChildren` has found, to be copied: a list that grows takes room for more than most nodes have. */
const FOUND: Node[] = [];

function findChildren(node: Node): readonly Node[] {
  const keys = visitorKeys[node.type] as readonly string[];
  if (keys.length === 0) return NONE;
  let count = 0;
  for (const key of keys) {
    const value = (node as unknown as Record<string, unknown>)[key];
    if (Array.isArray(value)) {
      for (const each of value) if (isNode(each)) FOUND[count++] = each;
    } else if (isNode(value)) {
      FOUND[count++] = value;
    }
  }
  const children = FOUND.slice(0, count);
  for (let at = 1; at < children.length; at++) {
    const before = children[at - 1] as Node;
    const here = children[at] as Node;
    // `{ x = 1 }` as a pattern has its name twice at one place; the second is inside the first's sibling.
    if (here.start < before.start || (here.start === before.start && here.end > before.end)) {
      return children.toSorted((a, b) => a.start - b.start || b.end - a.end);
    }
  }
  return children;
}

/** Gives every node its parent and its children. */
export function link(node: Node, parent: Node | null): void {
  node.parent = parent;
  node.inner = findChildren(node);
  for (const child of node.inner) link(child, node);
}

export function isFunction(node: Node): boolean {
  return (
    node.type === "FunctionDeclaration" ||
    node.type === "FunctionExpression" ||
    node.type === "ArrowFunctionExpression"
  );
}

export function isGenerator(node: Node): boolean {
  return isFunction(node) && node.generator && !node.async && node.body !== null;
}

export function isPattern(node: Node): boolean {
  return node.type === "ObjectPattern" || node.type === "ArrayPattern";
}

/** The name of a property that is not computed, as an expression. */
export function textOfKey({ type, name, value }: Node): string {
  return JSON.stringify(
    type === "Identifier" ? name : `${value as unknown as string | number | bigint}`,
  );
}

const LOOPS: ReadonlySet<string> = new Set([
  "ForStatement",
  "ForInStatement",
  "ForOfStatement",
  "WhileStatement",
  "DoWhileStatement",
]);

export function isLoop(node: Node): boolean {
  return LOOPS.has(node.type);
}

/** The nearest node around that satisfies the test. */
export function ancestor(node: Node, test: (node: Node) => boolean): Node | null {
  let at = node.parent;
  while (at !== null && !test(at)) at = at.parent;
  return at;
}

export function contains(outer: Node, inner: Node): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}
