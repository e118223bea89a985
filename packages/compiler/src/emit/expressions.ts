/**
 * Expressions that suspend, brought into steps. What is evaluated before a suspension is kept in a temporary, so
 * the order from left to right stays.
 */
import type { Node } from "../syntax/ast.js";
import { branch } from "./branch.js";
import { classText } from "./classes.js";
import { type Context, LeftAlone } from "./context.js";
import type { Doc } from "./doc.js";
import { directCall, tailCall } from "../direct/calls.js";
import { chain, chainedCall, deletedChain, isChainedMethod, missing } from "./chains.js";
import { knownOp } from "./known-ops.js";
import { jsx } from "./jsx.js";
import { object, tagged } from "./literals.js";
import { keep, list, methodOf, operand, reference } from "./operands.js";
import { takeApart } from "./patterns.js";
import { isAnonymous, isElsewhere, named, unnamed } from "./naming.js";
import { assignTo, print, printValue, wrapped } from "./print.js";
import { sequence, Steps, suspend } from "./steps.js";
import { template } from "./templates.js";

/** Adds the steps before an expression's value, and returns the expression of the value. */
export function expression(node: Node, steps: Steps, context: Context): Doc {
  if (!context.within(node)) return printValue(node, context);
  switch (node.type) {
    case "YieldExpression":
      return yielded(node, steps, context);
    case "UnaryExpression":
      return unary(node, steps, context);
    case "BinaryExpression":
      return binary(node, steps, context);
    case "LogicalExpression":
      return logical(node, steps, context);
    case "ConditionalExpression":
      return conditional(node, steps, context);
    case "SequenceExpression":
      return inSequence(node, steps, context);
    case "AssignmentExpression":
      return assignment(node, steps, context);
    case "UpdateExpression":
      return update(node, steps, context);
    case "MemberExpression":
      return member(node, steps, context);
    case "ChainExpression":
      return chain(node, steps, context);
    case "CallExpression":
      if (context.module.isTail(node)) return tailCall(node, steps, context);
      if (isChainedMethod(node.callee)) return chainedCall(node, steps, context);
      return isPoint(node, context)
        ? directCall(node, steps, context)
        : callOf(node, steps, context);
    case "NewExpression":
      return created(node, steps, context);
    case "ArrayExpression":
      return ["[", list(node.elements, steps, context), "]"];
    case "ObjectExpression":
      return object(node, steps, context);
    case "TemplateLiteral":
      return template(node, steps, context);
    case "TaggedTemplateExpression":
      if (context.module.isTail(node)) return tailCall(node, steps, context);
      if (!isPoint(node, context)) return tagged(node, steps, context);
      return isChainedMethod(node.tag)
        ? chainedCall(node, steps, context)
        : directCall(node, steps, context);
    case "ClassExpression":
      return classText(node, steps, context);
    case "JSXElement":
    case "JSXFragment":
      return jsx(node, steps, context);
    case "ImportExpression": {
      const { options, source } = node as unknown as { options: Node | null; source: Node };
      return [
        "import(",
        list(options === null ? [source] : [source, options], steps, context),
        ")",
      ];
    }
    default:
      throw new LeftAlone(`a suspension inside ${describe(node)}`, node);
  }
}

function describe(node: Node): string {
  return node.type
    .replace(/(Expression|Statement)$/, "")
    .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
    .toLowerCase();
}

function yielded(node: Node, steps: Steps, context: Context): Doc {
  const { frame, value } = context;
  const argument: Node | null = node.argument;
  if (node.delegate && context.kernel && knownOp(node, steps, context)) return value;
  const doc: Doc = argument === null ? "undefined" : expression(argument, steps, context);
  suspend(node, steps, context, (saves, leaving) => {
    if (!node.delegate) {
      const yields = `${value} = ${context.helper("yields")}(${frame}, `;
      return [yields, doc, ");\n", saves, "\n", leaving, `return ${value};`];
    }
    const entered = context.kernel ? `${frame}, ${context.how}` : frame;
    return [
      `${value} = ${context.helper("delegates")}(${entered}, `,
      doc,
      `);\nif (${value} === ${context.helper("SUSPEND")}) {\n`,
      saves,
      "\n",
      leaving,
      `return ${value};\n}`,
    ];
  });
  return value;
}

function unary(node: Node, steps: Steps, context: Context): Doc {
  const { argument } = node;
  if (node.operator === "delete" && argument.type === "ChainExpression") {
    return deletedChain(argument, steps, context);
  }
  if (node.operator === "delete" && argument.type !== "MemberExpression") {
    return ["(", expression(argument, steps, context), ", true)"];
  }
  const space = /^[a-z]/.test(node.operator) ? " " : "";
  return [node.operator + space, operand(argument, false, steps, context)];
}

function binary(node: Node, steps: Steps, context: Context): Doc {
  if (node.left.type === "PrivateIdentifier") {
    return [
      print(node.left, context),
      ` ${node.operator} `,
      operand(node.right, false, steps, context),
    ];
  }
  const left = operand(node.left, context.within(node.right), steps, context);
  return [left, ` ${node.operator} `, operand(node.right, false, steps, context)];
}

function holds(operator: string, name: string): string {
  if (operator.startsWith("&&")) return name;
  return operator.startsWith("||") ? `!${name}` : missing(name);
}

function logical(node: Node, steps: Steps, context: Context): Doc {
  const left = expression(node.left, steps, context);
  if (!context.within(node.right)) {
    return [
      wrapped(node.left, left),
      ` ${node.operator} `,
      wrapped(node.right, print(node.right, context)),
    ];
  }
  const name = keep(unnamed(node.left, left, context), steps, context);
  branch(
    holds(node.operator, name),
    node.right,
    (inner) => {
      const right = context.before(name, () => expression(node.right, inner, context));
      inner.add(name, " = ", unnamed(node.right, right, context), ";");
    },
    steps,
    context,
  );
  return name;
}

function conditional(node: Node, steps: Steps, context: Context): Doc {
  const test = expression(node.test as Node, steps, context);
  const yes = node.consequent as Node;
  const no = node.alternate as Node;
  if (!context.within(yes) && !context.within(no)) {
    return [
      wrapped(node.test as Node, test),
      " ? ",
      wrapped(yes, print(yes, context)),
      " : ",
      wrapped(no, print(no, context)),
    ];
  }
  const name = context.hold();
  const [first, second] = [yes, no].map((each) => {
    const inner = new Steps();
    const doc = context.before(name, () => expression(each, inner, context));
    inner.add(name, " = ", unnamed(each, doc, context), ";");
    return sequence(inner, context);
  });
  steps.addSuspending(
    [
      "if (",
      entersFirst(test, yes, no, context),
      ") {\n",
      first as Doc,
      "} else {\n",
      second as Doc,
      "}",
    ],
    context.high(yes, no),
  );
  return name;
}

/** The test of an `if` when re-entry has to find the right branch. */
export function entersFirst(test: Doc, yes: Node, no: Node | null, context: Context): Doc {
  const { pc } = context;
  if (!context.within(no)) return [`${context.returns} || `, ["(", test, ")"]];
  if (!context.within(yes)) return [`${context.starts} && `, ["(", test, ")"]];
  return [`${context.starts} ? `, ["(", test, ")"], ` : ${pc} <= ${context.high(yes)}`];
}

function inSequence(node: Node, steps: Steps, context: Context): Doc {
  const { expressions } = node;
  const last = expressions.length - 1;
  expressions.slice(0, last).forEach((each) => {
    statementOf(expression(each, steps, context), steps);
  });
  const value = expressions[last] as Node;
  return unnamed(value, expression(value, steps, context), context);
}

/** An expression for its effect. */
function statementOf(doc: Doc, steps: Steps): void {
  steps.add("(", doc, ");");
}

function assignment(node: Node, steps: Steps, context: Context): Doc {
  const { left, right, operator } = node;
  if (operator === "=") {
    if (left.type === "MemberExpression") {
      const target = reference(left, context.within(right), steps, context);
      return ["(", target, " = ", expression(right, steps, context), ")"];
    }
    const value = expression(right, steps, context);
    if (context.within(left)) return takeApart(left, value, steps, context);
    return ["(", assignTo(left, right, value, context), ")"];
  }
  const target =
    left.type === "MemberExpression" ? reference(left, true, steps, context) : print(left, context);
  if (/^(&&|\|\||\?\?)=$/.test(operator)) {
    const name = keep(target, steps, context);
    branch(
      holds(operator, name),
      right,
      (inner) => {
        const value = context.before(name, () => expression(right, inner, context));
        const given =
          left.type === "Identifier" && isAnonymous(right) && isElsewhere(left, context)
            ? named(left.name, value)
            : value;
        inner.add(name, " = ", target, " = ", given, ";");
      },
      steps,
      context,
    );
    return name;
  }
  const before: Doc = context.within(right) ? keep(target, steps, context) : target;
  const value = expression(right, steps, context);
  return ["(", target, " = ", before, ` ${operator.slice(0, -1)} `, wrapped(right, value), ")"];
}

function update(node: Node, steps: Steps, context: Context): Doc {
  const target = reference(node.argument, false, steps, context);
  return node.prefix ? ["(", node.operator, target, ")"] : ["(", target, node.operator, ")"];
}

function member(node: Node, steps: Steps, context: Context): Doc {
  if (node.optional) throw new LeftAlone("an optional member outside of a chain", node);
  return reference(node, false, steps, context);
}

/** Whether it is a call in direct style that may suspend. */
function isPoint(node: Node, { direct, suspensions }: Context): boolean {
  return direct && suspensions.isPoint(node);
}

function callOf(node: Node, steps: Steps, context: Context): Doc {
  const { callee } = node;
  const inArguments = node.arguments.some((each) => context.within(each));
  if (callee.type === "MemberExpression" && !callee.optional) {
    if (!inArguments) {
      return [
        reference(callee, false, steps, context),
        "(",
        list(node.arguments, steps, context),
        ")",
      ];
    }
    const { receiver, method } = methodOf(callee, steps, context);
    const given = list(node.arguments, steps, context);
    return [
      `${context.helper("invoke")}(${method}, `,
      receiver,
      node.arguments.length > 0 ? ", " : "",
      given,
      ")",
    ];
  }
  if (callee.type === "Super") throw new LeftAlone("a suspension inside super(…)", node);
  const fn = operand(callee, inArguments, steps, context);
  return [fn, "(", list(node.arguments, steps, context), ")"];
}

function created(node: Node, steps: Steps, context: Context): Doc {
  const later = node.arguments.some((each) => context.within(each));
  const callee = operand(node.callee, later, steps, context);
  return ["new (", callee, ")(", list(node.arguments, steps, context), ")"];
}
