/**
 * Suspension points. Those of a function are numbered from 1 in the order in which the produced code has them.
 * A node's range is the numbers of the points inside it. Re-entry at point `k` skips everything whose range ends
 * before `k`.
 */
import { childrenOf, isFunction, isPattern, type Node } from "../syntax/ast.js";

export interface Range {
  readonly low: number;
  readonly high: number;
}

export class Suspensions {
  readonly points: Node[] = [];
  readonly #ranges: Map<Node, Range> = new Map();
  readonly #calls: ReadonlySet<Node> | undefined;

  /** `calls` are the points of direct style; without them, the points are those of a generator. */
  constructor(parts: readonly Node[], calls?: ReadonlySet<Node>) {
    this.#calls = calls;
    for (const each of parts) this.#number(each);
  }

  get count(): number {
    return this.points.length;
  }

  rangeOf(node: Node): Range | undefined {
    return this.#ranges.get(node);
  }

  within(node: Node | null): boolean {
    return node !== null && this.#ranges.has(node);
  }

  isPoint(node: Node): boolean {
    return this.#calls === undefined ? node.type === "YieldExpression" : this.#calls.has(node);
  }

  #number(node: Node): void {
    const before = this.points.length;
    for (const child of inOrder(node)) if (!isFunction(child)) this.#number(child);
    if (this.isPoint(node)) this.points.push(node);
    if (this.points.length > before) {
      this.#ranges.set(node, { low: before + 1, high: this.points.length });
    }
  }
}

/** The children in the order in which the produced code has them. */
function inOrder(node: Node): readonly Node[] {
  const given = reordered(node);
  return given === null ? childrenOf(node) : given.filter((each) => each !== null);
}

function reordered(node: Node): (Node | null)[] | null {
  switch (node.type) {
    case "ForStatement":
      return [node.init, node.update, node.test, node.body as Node];
    case "DoWhileStatement":
      return [node.test, node.body as Node];
    case "ForInStatement":
    case "ForOfStatement":
      return [node.right, node.left, node.body as Node];
    case "SwitchStatement":
      return [
        node.discriminant,
        ...node.cases.map((each) => each.test),
        ...node.cases.flatMap((each) => each.consequent as Node[]),
      ];
    // A pattern comes after the value that it takes apart, although it is written before.
    case "VariableDeclarator":
      return [node.init, node.id];
    case "AssignmentExpression":
    case "AssignmentPattern":
      return isPattern(node.left) ? [node.right, node.left] : null;
    default:
      return null;
  }
}
