/** Optional chains that suspend. `a?.b(c)` is a labelled block that is left where the chain ends early. */
import { callKept } from "../direct/calls.js";
import type { Node } from "../syntax/ast.js";
import type { Context } from "./context.js";
import type { Doc } from "./doc.js";
import { keep, key, list, reference } from "./operands.js";
import { unnamed } from "./naming.js";
import { sequence, Steps } from "./steps.js";

export function chain(node: Node, steps: Steps, context: Context): Doc {
  const label = context.fresh();
  const result = context.hold();
  steps.add(`${result} = undefined;`);
  const links = new Links(label, context);
  const value = context.before(result, () => links.valueOf(node.expression));
  links.steps.add(result, " = ", value, ";");
  links.addTo(steps, node);
  return result;
}

/** `delete a?.b`. Where the chain ends early, nothing is deleted, and that is a success. */
export function deletedChain(node: Node, steps: Steps, context: Context): Doc {
  const label = context.fresh();
  const result = context.hold();
  const mark = context.slots.mark();
  const { length } = context.held;
  steps.add(`${result} = true;`);
  const links = new Links(label, context);
  const { expression } = node;
  // What a call results in is no property, and so is not deleted either.
  if (expression.type === "CallExpression") links.steps.add("(", links.valueOf(expression), ");");
  else links.steps.add(`${result} = delete `, links.memberOf(expression).doc, ";");
  links.addTo(steps, node);
  context.held.length = length;
  context.slots.release(mark);
  return result;
}

/** Whether it is `(a?.b)`, whose call has a receiver, and is made even where the chain ends early. */
export function isChainedMethod(callee: Node): boolean {
  return callee.type === "ChainExpression" && callee.expression.type === "MemberExpression";
}

/** `(a?.b)`: the method and its receiver, both kept. */
export function chainedMethod(
  node: Node,
  steps: Steps,
  context: Context,
): { method: string; receiver: string } {
  const label = context.fresh();
  const receiver = context.hold();
  const method = context.hold();
  const mark = context.slots.mark();
  const { length } = context.held;
  steps.add(`${receiver} = ${method} = undefined;`);
  const links = new Links(label, context);
  const found = context.before(receiver, () =>
    context.before(method, () => links.memberOf(node.expression)),
  );
  links.steps.add(`${receiver} = `, found.receiver, `;\n${method} = `, found.doc, ";");
  links.addTo(steps, node);
  context.held.length = length;
  context.slots.release(mark);
  return { method, receiver };
}

/** `(a?.b)(c)`, and in direct style also a template with such a tag. */
export function chainedCall(node: Node, steps: Steps, context: Context): Doc {
  const { length } = context.held;
  const mark = context.slots.mark();
  const callee = node.type === "CallExpression" ? node.callee : node.tag;
  const { method, receiver } = chainedMethod(callee, steps, context);
  if (!context.direct) return invoked(node, method, receiver, steps, context);
  callKept(node, method, receiver, steps, context);
  context.held.length = length;
  context.slots.release(mark);
  return context.value;
}

function invoked(node: Node, method: string, receiver: Doc, steps: Steps, context: Context): Doc {
  return [
    `${context.helper("invoke")}(${method}, `,
    receiver,
    node.arguments.length > 0 ? ", " : "",
    list(node.arguments, steps, context),
    ")",
  ];
}

export function missing(name: string): string {
  return `(${name} === undefined || ${name} === null)`;
}

/** The links of one chain, which become the steps of a block. */
class Links {
  readonly steps: Steps = new Steps();
  readonly #label: string;
  readonly #context: Context;

  constructor(label: string, context: Context) {
    this.#label = label;
    this.#context = context;
  }

  addTo(steps: Steps, chain: Node): void {
    const block = sequence(this.steps, this.#context);
    steps.addSuspending([`${this.#label}: {\n`, block, "}"], this.#context.high(chain));
  }

  valueOf(link: Node): Doc {
    const context = this.#context;
    // In direct style, a call in which nothing can wait stays as it is.
    const staysAsWritten = context.direct && !context.within(link);
    if (link.type === "CallExpression" && !staysAsWritten) return this.#call(link);
    if (link.type === "MemberExpression") return this.memberOf(link).doc;
    return context.printers.expression(link, this.steps, context);
  }

  memberOf(link: Node): { doc: Doc; receiver: Doc } {
    const { steps } = this;
    const context = this.#context;
    if (link.object.type === "Super") {
      return { doc: reference(link, false, steps, context), receiver: "this" };
    }
    const object = unnamed(link.object, this.valueOf(link.object), context);
    const receiver = keep(object, steps, context);
    this.#stop(link, receiver);
    return { doc: [receiver, key(link, false, steps, context)], receiver };
  }

  #call(link: Node): Doc {
    const { steps } = this;
    const context = this.#context;
    const isPoint = context.direct && context.suspensions.isPoint(link);
    const found = this.#methodOf(link.callee);
    if (found !== null) {
      const { method, receiver } = found;
      this.#stop(link, method);
      if (!isPoint) return invoked(link, method, receiver, steps, context);
      callKept(link, method, receiver, steps, context);
      return context.value;
    }
    const fn = keep(this.valueOf(link.callee), steps, context);
    this.#stop(link, fn);
    if (!isPoint) return [fn, "(", list(link.arguments, steps, context), ")"];
    callKept(link, fn, undefined, steps, context);
    return context.value;
  }

  #methodOf(callee: Node): { method: string; receiver: Doc } | null {
    if (isChainedMethod(callee)) return chainedMethod(callee, this.steps, this.#context);
    if (callee.type !== "MemberExpression") return null;
    const { doc, receiver } = this.memberOf(callee);
    return { method: keep(doc, this.steps, this.#context), receiver };
  }

  #stop(link: Node, name: string): void {
    if (link.optional) this.steps.add(`if ${missing(name)} break ${this.#label};`);
  }
}
