/**
 * Tail calls: calls after which nothing of their function runs, whatever comes. If such a call suspends, the function saves
 * nothing, and is not entered again. Its frame only hands on what the call results in, or ends when the call does:
 *
 *     return $last($depth, f(a, $into(b, f, $depth)), f);
 *     return $end($depth, f(a, $into(b, f, $depth)), f);
 */
import { declaresResources, hasResourceInHead, isBodyWithResource } from "../analysis/resources.js";
import { ancestor, isFunction, type Node } from "../syntax/ast.js";
import { calledBy } from "./call-parts.js";

/** Whether nothing of the function runs after the call, even if the call has suspended. */
export function isTail(call: Node, fn: Node): boolean {
  if (!isLast(call, fn) && !isEnd(call, fn)) return false;
  // An optional chain is taken apart into steps.
  const isChained =
    call.parent?.type === "ChainExpression" || calledBy(call).type === "ChainExpression";
  return !isChained && ancestor(call, (at) => at === fn || at.type === "ForOfStatement") === fn;
}

/** Whether a call is a statement with which the function ends. */
function isEnd(call: Node, fn: Node): boolean {
  const { parent } = call;
  if (parent?.type !== "ExpressionStatement") return false;
  let at = parent;
  for (let around = at.parent; around !== fn; { parent: around } = at) {
    const isLastOf =
      around?.type === "IfStatement" ||
      (around?.type === "BlockStatement" && (around.body as Node[]).at(-1) === at);
    if (around === null || !isLastOf || isFollowed(around)) return false;
    at = around;
  }
  return !isFollowed(at);
}

/** Whether the result of the call is what the function returns, whatever comes. */
export function isLast(node: Node, fn: Node): boolean {
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
  if (parent === fn) return true;
  if (parent?.type !== "ReturnStatement") return false;
  return ancestor(at, (each) => isFunction(each) || isFollowed(each)) === fn;
}

/** Whether a `return` inside is not the end of the function. */
function isFollowed(node: Node): boolean {
  if (node.type === "TryStatement" || declaresResources(node)) return true;
  return isBodyWithResource(node) || hasResourceInHead(node);
}
