/**
 * A line: a doubly linked list whose links are in its nodes, so that joining, leaving from the middle and
 * taking the first cost one step each and allocate nothing. A line is known by its first node, which has a
 * link to the last:
 *
 *     first ──next──▶ node ──next──▶ node
 *       │ ◀──before──      ◀──before── ▲
 *       └─────────────last─────────────┘
 */
export interface InLine<Node> {
  next: Node | null;
  before: Node | null;
  /** Only in the first node: the last node. */
  last: Node;
}

/** Appends a node that is in no line. Returns the first node of the line. */
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

/** Takes a node out of its line. Returns the first node of what is left, or null. */
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
