/**
 * Calls of what the language, the host and the library supply, and that never waits: `Math.max(a, b)`, `list.push(x)`
 * where `list` is always an array, `text.charCodeAt(0)` whatever `text` is. They are no points, and stay as they are written.
 *
 * A program may put a function of its own in the place of such a one. It is called as by code that is not compiled, so
 * a wait in it is an error, and never a wrong result.
 */
import { libraryName } from "../analysis/choose.js";
import type { Scopes, Variable } from "../analysis/scopes.js";
import type { Node } from "../syntax/ast.js";

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

const FUNCTIONS = words(
  "AggregateError Array BigInt Boolean Date Error EvalError Number Object RangeError ReferenceError RegExp String Symbol " +
    "SyntaxError TypeError URIError atob btoa clearImmediate clearInterval clearTimeout decodeURI decodeURIComponent " +
    "encodeURI encodeURIComponent fetch isFinite isNaN parseFloat parseInt queueMicrotask require setImmediate " +
    "setInterval setTimeout structuredClone",
);
const NAMESPACES = words(
  "Array ArrayBuffer Atomics BigInt Buffer Date Error Intl JSON Math Number Object Promise Proxy Reflect RegExp String " +
    "Symbol URL console crypto document performance process",
);
/** What the library does at once. */
const PLAIN = words(
  "createContext currentDeadline daemon defer exponential fibonacci fixed now seeded spawn trySelect unpark",
);

/** Methods of strings, numbers, dates and all objects, by names that a program gives to nothing else, and to nothing that waits. */
const ONLY_NATIVE = words(
  "charAt charCodeAt codePointAt endsWith hasOwnProperty isPrototypeOf localeCompare padEnd padStart " +
    "propertyIsEnumerable startsWith toExponential toFixed toISOString toLocaleLowerCase toLocaleString " +
    "toLocaleUpperCase toLowerCase toPrecision toString toUpperCase trimEnd trimStart valueOf",
);

/** What a value is for certain, or null. */
type Kind = "array" | "collection" | "other" | "text";

/** The methods that never call a function of the program, or only as `sort` does. */
const METHODS: Readonly<Record<Kind, RegExp>> = {
  array:
    /^(at|concat|copyWithin|entries|fill|flat|includes|indexOf|join|keys|lastIndexOf|pop|push|reverse|shift|slice|sort|splice|toReversed|toSorted|toSpliced|toString|unshift|values|with)$/,
  collection: /^(add|clear|delete|entries|forEach|get|has|keys|set|values)$/,
  other: /^(exec|get\w+|set\w+|test|to\w+)$/,
  text: /./,
};
const KINDS: Readonly<Record<string, Kind>> = {
  Array: "array",
  Date: "other",
  Map: "collection",
  RegExp: "other",
  Set: "collection",
  WeakMap: "collection",
  WeakSet: "collection",
};

/** Whether what is called is not the program's. */
export function isNative(callee: Node, scopes: Scopes): boolean {
  if (callee.type === "Identifier") {
    if (isGlobal(callee, scopes)) return FUNCTIONS.has(callee.name);
    return isOfNode(callee, scopes) || PLAIN.has(libraryName(callee, scopes) ?? "");
  }
  if (callee.type !== "MemberExpression" || callee.computed || callee.optional) return false;
  const { object, property } = callee;
  if (property.type !== "Identifier") return false;
  if (ONLY_NATIVE.has(property.name)) return true;
  if (object.type === "Identifier") {
    if (isGlobal(object, scopes)) return NAMESPACES.has(object.name);
    if (isOfNode(object, scopes)) return true;
  }
  // Object.prototype.hasOwnProperty.call(object, key)
  if (isOfPrototype(object, scopes)) return property.name === "call" || property.name === "apply";
  const kind = kindOf(object, scopes);
  return kind !== null && METHODS[kind].test(property.name);
}

function isGlobal(name: Node, scopes: Scopes): boolean {
  const reference = scopes.references.get(name);
  return reference !== undefined && reference.variable === null;
}

function isOfPrototype(node: Node, scopes: Scopes): boolean {
  const { object } = node;
  return (
    node.type === "MemberExpression" &&
    object.type === "MemberExpression" &&
    object.property.name === "prototype" &&
    object.object.type === "Identifier" &&
    isGlobal(object.object, scopes) &&
    FUNCTIONS.has(object.object.name)
  );
}

/** Whether a name was imported from a module of the host. */
function isOfNode(name: Node, scopes: Scopes): boolean {
  const variable = scopes.references.get(name)?.variable;
  if (variable?.kind !== "import") return false;
  const source = variable.references.find((each) => each.init)?.node.parent?.parent?.source;
  return (source as unknown as { value?: string } | undefined)?.value?.startsWith("node:") === true;
}

/** What the value of an expression is, whatever happens. What is nothing yet is of any kind, because it has no methods. */
function kindOf(node: Node, scopes: Scopes): Kind | null {
  switch (node.type) {
    case "ArrayExpression":
      return "array";
    case "TemplateLiteral":
      return "text";
    case "Literal":
      if ("regex" in node) return "other";
      return typeof (node as unknown as { value: unknown }).value === "string" ? "text" : null;
    case "UnaryExpression":
      return node.operator === "typeof" ? "text" : null;
    case "BinaryExpression": {
      const isText = (each: Node): boolean => kindOf(each, scopes) === "text";
      return node.operator === "+" && (isText(node.left) || isText(node.right)) ? "text" : null;
    }
    case "NewExpression":
      if (node.callee.type !== "Identifier" || !isGlobal(node.callee, scopes)) return null;
      return KINDS[node.callee.name] ?? null;
    case "Identifier": {
      const variable = scopes.references.get(node)?.variable;
      return variable == null ? null : kindOfVariable(variable, scopes);
    }
    default:
      return null;
  }
}

/** What has been found. While a variable is looked at, it is nothing that is known. */
const KNOWN = new WeakMap<Variable, Kind | null>();

function kindOfVariable(variable: Variable, scopes: Scopes): Kind | null {
  const known = KNOWN.get(variable);
  if (known !== undefined) return known;
  KNOWN.set(variable, null);
  const kind = kindOfAssigned(variable, scopes);
  KNOWN.set(variable, kind);
  return kind;
}

function kindOfAssigned(variable: Variable, scopes: Scopes): Kind | null {
  if (!/^(const|let|var)$/.test(variable.kind) || variable.redeclared) return null;
  // An `eval` may assign to any name around it.
  if (scopes.uses.get(scopes.program.node)?.eval === true) return null;
  let kind: Kind | null = null;
  for (const { node, write } of variable.references) {
    if (!write) continue;
    const value = assignedTo(node);
    if (value === null) return null;
    if (isNothing(value)) continue;
    const found = kindOf(value, scopes);
    if (found === null || (kind !== null && kind !== found)) return null;
    kind = found;
  }
  return kind;
}

/** What is assigned to a name where it is written; null if it cannot be told. */
function assignedTo(name: Node): Node | null {
  const { parent } = name;
  if (parent?.type === "VariableDeclarator" && parent.id === name) {
    // In the head of a `for-of`, it has no value of its own.
    const loop = parent.parent?.parent;
    if (loop != null && /^For(In|Of)/.test(loop.type) && loop.left === parent.parent) return null;
    return parent.init ?? NOTHING;
  }
  if (parent?.type !== "AssignmentExpression" || parent.left !== name) return null;
  return /^(=|\?\?=|\|\|=|&&=)$/.test(parent.operator) ? parent.right : null;
}

const NOTHING = { type: "Literal", value: null } as unknown as Node;

function isNothing(node: Node): boolean {
  if (node.type === "Identifier") return node.name === "undefined";
  return (
    node.type === "Literal" &&
    (node as unknown as { value: unknown }).value === null &&
    !("regex" in node)
  );
}
