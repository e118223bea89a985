/**
 * Expressions that suspend, brought into steps. What is evaluated before a suspension is kept in a temporary, so
 * the order from left to right stays.
 */
import { functionOf, libraryName } from "../analysis/choose.js";
import { isFunction, type Node } from "../syntax/ast.js";
import { type Context, LeftAlone } from "./context.js";
import { type Doc, join } from "./doc.js";
import { assignTo, isAnonymous, isElsewhere, named, print, wrapped } from "./print.js";
import { sequence, Steps, suspend } from "./steps.js";

/** Adds the steps before an expression's value, and returns the expression of the value. */
export function expression(node: Node, steps: Steps, context: Context): Doc {
  if (!context.within(node)) {
    const doc = print(node, context);
    return node.type === "SequenceExpression" ? ["(", doc, ")"] : doc;
  }
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
      return callOf(node, steps, context);
    case "NewExpression":
      return created(node, steps, context);
    case "ArrayExpression":
      return ["[", list(node.elements, steps, context), "]"];
    case "ObjectExpression":
      return object(node, steps, context);
    case "TemplateLiteral":
      return template(node, steps, context);
    case "TaggedTemplateExpression":
      return tagged(node, steps, context);
    case "ImportExpression":
      return ["import(", operand(node.source, false, steps, context), ")"];
    default:
      throw new LeftAlone(`a suspension inside ${describe(node)}`, node);
  }
}

function describe(node: Node): string {
  return node.type.replace(/(Expression|Statement)$/, "").replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
}

/** An operand; if a later one suspends, its value is kept meanwhile. */
function operand(node: Node, later: boolean, steps: Steps, context: Context): Doc {
  const { length } = context.held;
  const mark = context.slots.mark();
  const doc = expression(node, steps, context);
  if (!later || isStable(node, context)) return wrapped(node, doc);
  context.held.length = length;
  context.slots.release(mark);
  return keep(doc, steps, context);
}

function keep(doc: Doc, steps: Steps, context: Context): string {
  const name = context.hold();
  steps.add(name, " = ", doc, ";");
  return name;
}

/** Whether the value is the same before and after a suspension. */
function isStable(node: Node, context: Context): boolean {
  if (node.type === "Literal") return !("regex" in node);
  if (node.type === "ThisExpression") return true;
  if (node.type !== "Identifier") return false;
  const variable = context.module.scopes.references.get(node)?.variable;
  if (variable == null) return node.name === "undefined";
  const place = context.placeOf(variable);
  if (place !== undefined) return place.constant && place.box !== "checked";
  // An import or a variable of a module may change, or may not have its value yet.
  if (/^(import|let|const|class|var)$/.test(variable.kind)) return false;
  return !variable.redeclared && variable.references.every((each) => !each.write || each.init);
}

function anyLater(nodes: readonly (Node | null)[], index: number, context: Context): boolean {
  return nodes.some((node, at) => at > index && context.within(node));
}

function yielded(node: Node, steps: Steps, context: Context): Doc {
  const { frame, value } = context;
  const argument: Node | null = node.argument;
  if (node.delegate && context.kernel && knownOp(node, steps, context)) return value;
  const doc: Doc = argument === null ? "undefined" : expression(argument, steps, context);
  suspend(node, steps, context, (saves, leaving) => {
    const evaluated = argument === null || argument.type === "Literal";
    const first: Doc = evaluated ? "" : [`${value} = `, doc, ";\n"];
    const given: Doc = evaluated ? doc : value;
    if (!node.delegate) {
      return [first, saves, "\n", leaving, `return ${context.helper("yields")}(${frame}, `, given, ");"];
    }
    return [
      first,
      saves,
      `\n${value} = ${context.helper("delegates")}(${frame}, `,
      given,
      `);\nif (${value} === ${context.helper("SUSPEND")}) { `,
      leaving,
      `return ${value}; }`,
    ];
  });
  return value;
}

/** What needs no op, because the helper starts it: `Fiber.yield`, and a call of a routine of this file. */
function knownOp(node: Node, steps: Steps, context: Context): boolean {
  const { frame, value, module } = context;
  const { argument } = node;
  if (argument.type !== "CallExpression" || argument.optional) return false;
  const given = argument.arguments;
  if (given.some((each) => each.type === "SpreadElement")) return false;
  const { callee } = argument;
  const isYield =
    callee.type === "MemberExpression" &&
    !callee.computed &&
    callee.property.name === "yield" &&
    callee.object.type === "Identifier" &&
    libraryName(callee.object, module.scopes) === "Fiber";
  if (isYield && given.length <= 1) {
    const doc = given.length === 0 ? "undefined" : expression(given[0] as Node, steps, context);
    suspend(node, steps, context, (saves, leaving) => [
      `${value} = `,
      doc,
      ";\n",
      saves,
      "\n",
      leaving,
      `return ${context.helper("hands")}(${frame}, ${value});`,
    ]);
    return true;
  }
  const fn = callee.type === "Identifier" ? functionOf(callee, module.scopes) : null;
  if (!given.every(isPure)) return false;
  if (fn === null || module.formOf(fn) !== "routine" || given.length > fn.params.length) return false;
  if (context.placeOf(module.scopes.references.get(callee)?.variable ?? null)?.box != null) return false;
  const docs = list(given, steps, context);
  suspend(node, steps, context, (saves, leaving) => [
    // The arguments are evaluated after the saving, so they must not change what is saved.
    saves,
    `\n${value} = ${context.helper("calls")}(${frame}, `,
    print(callee, context),
    given.length > 0 ? ", " : "",
    docs,
    `);\nif (${value} === ${context.helper("SUSPEND")}) { `,
    leaving,
    `return ${value}; }`,
  ]);
  return true;
}

/** Whether evaluating it changes nothing, so that it may come after the saving of the variables. */
function isPure(node: Node): boolean {
  switch (node.type) {
    case "Identifier":
    case "Literal":
      return true;
    case "BinaryExpression":
      return isPure(node.left) && isPure(node.right);
    case "UnaryExpression":
      return node.operator !== "delete" && isPure(node.argument);
    case "MemberExpression":
      return isPure(node.object) && (!node.computed || isPure(node.property));
    default:
      return false;
  }
}

function unary(node: Node, steps: Steps, context: Context): Doc {
  const { argument } = node;
  const space = /^[a-z]/.test(node.operator) ? " " : "";
  return [node.operator + space, operand(argument, false, steps, context)];
}

function binary(node: Node, steps: Steps, context: Context): Doc {
  if ((node.left.type as string) === "PrivateIdentifier") {
    return [print(node.left, context), ` ${node.operator} `, operand(node.right, false, steps, context)];
  }
  const left = operand(node.left, context.within(node.right), steps, context);
  return [left, ` ${node.operator} `, operand(node.right, false, steps, context)];
}

/** Steps that run only if a condition holds; the condition is not evaluated again on re-entry. */
function branch(
  condition: Doc,
  node: Node,
  body: (inner: Steps) => void,
  steps: Steps,
  context: Context,
): void {
  const inner = new Steps();
  body(inner);
  const range = context.suspensions.rangeOf(node);
  const doc: Doc = [
    "if (",
    range === undefined ? condition : [`${context.pc} !== 0 || `, condition],
    ") {\n",
    sequence(inner, context),
    "}",
  ];
  if (range === undefined) steps.add(doc);
  else steps.addSuspending(doc, range.high);
}

function missing(name: string): string {
  return `(${name} === undefined || ${name} === null)`;
}

function holds(operator: string, name: string): string {
  if (operator.startsWith("&&")) return name;
  return operator.startsWith("||") ? `!${name}` : missing(name);
}

function logical(node: Node, steps: Steps, context: Context): Doc {
  const left = expression(node.left, steps, context);
  if (!context.within(node.right)) {
    return [wrapped(node.left, left), ` ${node.operator} `, wrapped(node.right, print(node.right, context))];
  }
  const name = keep(left, steps, context);
  branch(
    holds(node.operator, name),
    node.right,
    (inner) => {
      const right = expression(node.right, inner, context);
      inner.add(name, " = ", right, ";");
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
    return [wrapped(node.test as Node, test), " ? ", wrapped(yes, print(yes, context)), " : ", wrapped(no, print(no, context))];
  }
  const name = context.hold();
  const [first, second] = [yes, no].map((each) => {
    const inner = new Steps();
    const doc = expression(each, inner, context);
    inner.add(name, " = ", doc, ";");
    return sequence(inner, context);
  });
  const ends = context.within(no) ? context.range(no).high : context.range(yes).high;
  const range = { high: ends };
  steps.addSuspending(
    ["if (", entersFirst(test, yes, no, context), ") {\n", first as Doc, "} else {\n", second as Doc, "}"],
    range.high,
  );
  return name;
}

/** The test of an `if` when re-entry has to find the right branch. */
export function entersFirst(test: Doc, yes: Node, no: Node | null, context: Context): Doc {
  const { pc } = context;
  if (!context.within(no)) return [`${pc} !== 0 || `, ["(", test, ")"]];
  if (!context.within(yes)) return [`${pc} === 0 && `, ["(", test, ")"]];
  return [`${pc} === 0 ? `, ["(", test, ")"], ` : ${pc} <= ${context.range(yes).high}`];
}

function inSequence(node: Node, steps: Steps, context: Context): Doc {
  const { expressions } = node;
  const last = expressions.length - 1;
  expressions.slice(0, last).forEach((each) => {
    statementOf(expression(each, steps, context), steps);
  });
  return expression(expressions[last] as Node, steps, context);
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
    if (context.within(left)) throw new LeftAlone("a suspension inside a pattern", left);
    const value = expression(right, steps, context);
    return ["(", assignTo(left, right, value, context), ")"];
  }
  const target =
    left.type === "MemberExpression"
      ? reference(left, true, steps, context)
      : print(left, context);
  if (/^(&&|\|\||\?\?)=$/.test(operator)) {
    const name = keep(target, steps, context);
    branch(
      holds(operator, name),
      right,
      (inner) => {
        const value = expression(right, inner, context);
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

/** A member expression as the target of an assignment: its parts are kept if something later suspends. */
function reference(node: Node, later: boolean, steps: Steps, context: Context): Doc {
  if (node.type !== "MemberExpression") throw new LeftAlone("an assignment target", node);
  const inKey = node.computed && context.within(node.property);
  const base: Doc =
    (node.object.type as string) === "Super"
      ? "super"
      : operand(node.object, later || inKey, steps, context);
  return [base, key(node, later, steps, context)];
}

function key(node: Node, later: boolean, steps: Steps, context: Context): Doc {
  if (!node.computed) return [".", { start: node.property.start, end: node.property.end }];
  return ["[", operand(node.property, later, steps, context), "]"];
}

function member(node: Node, steps: Steps, context: Context): Doc {
  if (node.optional) throw new LeftAlone("an optional member outside of a chain", node);
  return reference(node, false, steps, context);
}

/** Arguments or elements, with holes and spreads. */
function list(
  nodes: readonly (Node | null)[],
  steps: Steps,
  context: Context,
): Doc {
  const docs = nodes.map((node, index): Doc => {
    if (node === null) return "";
    const later = anyLater(nodes, index, context);
    if (node.type !== "SpreadElement") return operand(node, later, steps, context);
    const doc = operand(node.argument, false, steps, context);
    return ["...", later ? keep(["[...", doc, "]"], steps, context) : doc];
  });
  const trailing = nodes.length > 0 && nodes.at(-1) === null ? "," : "";
  return [join(docs, ", "), trailing];
}

function callOf(node: Node, steps: Steps, context: Context): Doc {
  const { callee } = node;
  const inArguments = node.arguments.some((each) => context.within(each));
  if (callee.type === "MemberExpression" && !callee.optional) {
    if (!inArguments) {
      return [reference(callee, false, steps, context), "(", list(node.arguments, steps, context), ")"];
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
  if ((callee.type as string) === "Super") throw new LeftAlone("a suspension inside super(…)", node);
  const fn = operand(callee, inArguments, steps, context);
  return [fn, "(", list(node.arguments, steps, context), ")"];
}

/** A method and its receiver, both kept. */
function methodOf(
  callee: Node,
  steps: Steps,
  context: Context,
): { receiver: Doc; method: string } {
  if ((callee.object.type as string) === "Super") {
    const method = keep(reference(callee, false, steps, context), steps, context);
    return { receiver: "this", method };
  }
  const receiver = operand(callee.object, true, steps, context);
  const method = keep([receiver, key(callee, false, steps, context)], steps, context);
  return { receiver, method };
}

function created(node: Node, steps: Steps, context: Context): Doc {
  const later = node.arguments.some((each) => context.within(each));
  const callee = operand(node.callee, later, steps, context);
  return ["new (", callee, ")(", list(node.arguments, steps, context), ")"];
}

function template(node: Node, steps: Steps, context: Context): Doc {
  const out: Doc[] = [];
  node.quasis.forEach((quasi, index) => {
    out.push(index === 0 ? "`" : "}", textOf(quasi, context));
    const each = node.expressions[index];
    if (each === undefined) return;
    const later = anyLater(node.expressions, index, context);
    const doc = expression(each, steps, context);
    out.push("${", later ? keep(["`${", doc, "}`"], steps, context) : doc);
  });
  return [out, "`"];
}

/** The text of a piece of a template, whose node may or may not include its delimiters. */
function textOf(quasi: Node, context: Context): Doc {
  const { source } = context.module;
  let { start, end } = quasi;
  if (source[start] === "`" || source[start] === "}") start++;
  if (source[end - 1] === "`" && end > start && !endsInText(quasi)) end--;
  else if (source.slice(end - 2, end) === "${" && !endsInText(quasi)) end -= 2;
  return { start, end };
}

function endsInText(quasi: Node): boolean {
  const { raw } = quasi.value as unknown as { raw: string };
  return quasi.end - quasi.start === raw.length;
}

function tagged(node: Node, steps: Steps, context: Context): Doc {
  let tag: Doc;
  if (node.tag.type === "MemberExpression") {
    const { receiver, method } = methodOf(node.tag, steps, context);
    tag = [`${context.helper("bound")}(${method}, `, receiver, ")"];
  } else {
    tag = operand(node.tag, true, steps, context);
  }
  const docs = node.quasi.expressions.map((each, index) => {
    const later = anyLater(node.quasi.expressions, index, context);
    return operand(each, later, steps, context);
  });
  const out: Doc[] = [];
  node.quasi.quasis.forEach((quasi, index) => {
    out.push(index === 0 ? "`" : "}", textOf(quasi, context));
    const each = docs[index];
    if (each !== undefined) out.push("${", each);
  });
  return [tag, out, "`"];
}

function object(node: Node, steps: Steps, context: Context): Doc {
  const parts = node.properties.flatMap((each) =>
    each.type === "SpreadElement" ? [each.argument] : [each.computed ? each.key : null, each.value],
  );
  let at = 0;
  const docs = node.properties.map((each): Doc => {
    if (each.type === "SpreadElement") {
      const later = anyLater(parts, at++, context);
      const doc = operand(each.argument, false, steps, context);
      return ["...", later ? keep(["{ ...", doc, " }"], steps, context) : doc];
    }
    const keyLater = each.computed && anyLater(parts, at, context);
    if (each.method || each.kind !== "init") {
      if (each.computed && (context.within(each.key) || keyLater)) {
        throw new LeftAlone("a suspension beside a method with a computed name", each);
      }
      at += 2;
      return print(each, context);
    }
    const name = keyOf(each, keyLater, steps, context);
    at++;
    const later = anyLater(parts, at++, context);
    if (isAnonymous(each.value) && (each.value.type === "ClassExpression" || keyLater)) {
      if (later || keyLater) throw new LeftAlone("a suspension beside an anonymous function", each);
    }
    // A function may be made later: nothing can be seen of it before.
    const stays = isFunction(each.value);
    const value = stays ? print(each.value, context) : operand(each.value, later, steps, context);
    return [name, ": ", value];
  });
  return ["{ ", join(docs, ", "), " }"];
}

function keyOf(property: Node, later: boolean, steps: Steps, context: Context): Doc {
  if (!property.computed) return { start: property.key.start, end: property.key.end };
  const doc = operand(property.key, false, steps, context);
  if (!later) return ["[", doc, "]"];
  return ["[", keep([`${context.helper("keyOf")}(`, doc, ")"], steps, context), "]"];
}

/** `a?.b(c)`: a labelled block that is left where the chain ends early. */
function chain(node: Node, steps: Steps, context: Context): Doc {
  const label = context.fresh();
  const result = context.hold();
  steps.add(`${result} = undefined;`);
  const inner = new Steps();
  const link = (each: Node): Doc => {
    if (each.type === "CallExpression") {
      const { callee } = each;
      if (callee.type === "MemberExpression") {
        const base = linkBase(callee);
        const method = keep(base.doc, inner, context);
        stop(each, method);
        return [
          `${context.helper("invoke")}(${method}, `,
          base.receiver,
          each.arguments.length > 0 ? ", " : "",
          list(each.arguments, inner, context),
          ")",
        ];
      }
      const fn = keep(link(callee), inner, context);
      stop(each, fn);
      return [fn, "(", list(each.arguments, inner, context), ")"];
    }
    if (each.type === "MemberExpression") return linkBase(each).doc;
    return expression(each, inner, context);
  };
  const linkBase = (each: Node): { doc: Doc; receiver: Doc } => {
    if ((each.object.type as string) === "Super") {
      return { doc: reference(each, false, inner, context), receiver: "this" };
    }
    const receiver = keep(link(each.object), inner, context);
    stop(each, receiver);
    return { doc: [receiver, key(each, false, inner, context)], receiver };
  };
  const stop = (each: Node, name: string): void => {
    if (each.optional) inner.add(`if ${missing(name)} break ${label};`);
  };
  inner.add(result, " = ", link(node.expression), ";");
  steps.addSuspending([`${label}: {\n`, sequence(inner, context), "}"], context.range(node).high);
  return result;
}
