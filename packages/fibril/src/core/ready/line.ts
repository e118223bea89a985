/**
 * A line: a doubly linked list through its own nodes, so that joining, leaving from the middle and taking
 * the first cost one step each and no memory. It is named by its first node; the end is found from there:
 *
 *     first ──next──▶ node ──next──▶ node
 *       │ ◀──before──      ◀──before── ▲
 *       └─────────────last─────────────┘
 */
export interface InLine<Node> {
  next: Node | null;
  before: Node | null;
  /** Of the first node: the last one. */
  last: Node;
}

/** Appends a node that is in no line; answers the first of the line. */
export function joinLine<Node extends InLine<Node>>(first: Node | null, node: Node): Node {
  node.next = null;
  if (first === null) {
    node.before = null;
    node.last = node;
    return node;
  }
  node.before = first.last;
  first.last.next = node;
  first.last = node;
  return first;
}

/** Takes a node out that is in the line; answers what is the first then. */
export function leaveLine<Node extends InLine<Node>>(first: Node, node: Node): Node | null {
  const { before, next } = node;
  node.next = node.before = null;
  if (next !== null) next.before = before;
  if (before === null) {
    if (next !== null) next.last = node.last;
    node.last = node;
    return next;
  }
  before.next = next;
  if (next === null) first.last = before;
  return first;
}
