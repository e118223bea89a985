/**
 * Printing what does not suspend: the text as it was written, except for variables that live elsewhere, functions
 * inside that are compiled, and jumps out of a `try` whose `finally` suspends.
 */
import { decoratorsOf } from "../analysis/class-heads.js";
import type { Variable } from "../analysis/scopes.js";
import { childrenOf, isFunction, type Node, textOfKey } from "../syntax/ast.js";
import { type Context, LeftAlone } from "./context.js";
import { type Doc, join } from "./doc.js";
import { leavesExit, printJump, printReturn } from "./exits.js";
import {
  isAnonymous,
  isBoxed,
  isElsewhere,
  isMoved,
  isNamedByKey,
  named,
  printName,
  unnamed,
} from "./naming.js";

/** A node without a suspension. */
export function print(node: Node, context: Context): Doc {
  const replacement = context.replaced.get(node);
  if (replacement !== undefined) return replacement;
  const special = printSpecial(node, context);
  if (special !== null) return special;
  const staysAsWritten = context.exits.length === 0 && context.replaced.size === 0;
  if (staysAsWritten && !context.module.changesIn(node.start, node.end)) {
    return { start: node.start, end: node.end };
  }
  return printAround(node, context);
}

/** A node's own text with its children printed in their places. */
export function printAround(node: Node, context: Context): Doc {
  return printFrom(node.start, node, context);
}

/** The same from a place in the node on. */
export function printFrom(start: number, node: Node, context: Context): Doc[] {
  const out: Doc[] = [];
  let at = start;
  for (const child of childrenOf(node)) {
    if (child.start < at || child.start === child.end) continue;
    out.push({ start: at, end: child.start }, print(child, context));
    at = child.end;
  }
  out.push({ start: at, end: node.end });
  return out;
}

function printSpecial(node: Node, context: Context): Doc | null {
  switch (node.type) {
    case "Identifier":
    case "JSXIdentifier":
      return printName(node, context);
    case "ClassBody":
      return printClassBody(node, context);
    case "ObjectExpression":
      return printObject(node, context);
    case "Property":
      if (node.method) return printObjectMethod(node, context) ?? printMethod(node, context);
      if (isNamedByKey(node.value) && context.module.formOf(node.value) === "direct") {
        return [`...${context.helper("method")}({ `, printAround(node, context), " })"];
      }
      if (!node.shorthand || !context.module.changesIn(node.start, node.end)) return null;
      return [keyText(node), ": ", print(node.value, context)];
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return context.module.compiled(node);
    case "MethodDefinition":
      return printMethod(node, context);
    case "BlockStatement":
      if (!context.module.changesIn(node.start, node.end)) return null;
      return printStatements(node, context, null);
    case "VariableDeclaration":
      return printDeclaration(node, context);
    case "ExpressionStatement": {
      const { expression } = node;
      if (!context.module.isTail(expression)) return null;
      return ["return ", context.printers.printTail(expression, context), ";"];
    }
    case "CallExpression":
      if (context.module.isTail(node)) return context.printers.printTail(node, context);
      if (!isBoxed(node.callee, context)) return null;
      return ["(0, ", print(node.callee, context), ")", restOf(node, node.callee, context)];
    case "TaggedTemplateExpression":
      if (context.module.isTail(node)) return context.printers.printTail(node, context);
      if (!isBoxed(node.tag, context)) return null;
      return ["(0, ", print(node.tag, context), ")", restOf(node, node.tag, context)];
    case "AssignmentExpression":
    case "AssignmentPattern":
      if (node.left.type !== "Identifier" || !isAnonymous(node.right)) return null;
      if (!isElsewhere(node.left, context)) return null;
      if (/^(=|&&=|\|\|=|\?\?=)$/.test(node.operator ?? "=")) {
        return [
          print(node.left, context),
          ` ${node.operator ?? "="} `,
          named(node.left.name, print(node.right, context)),
        ];
      }
      return null;
    case "ReturnStatement":
      if (!leavesExit(node, context)) return null;
      if (node.argument === null) return printReturn("undefined", context);
      return printReturn(
        unnamed(node.argument, printValue(node.argument, context), context),
        context,
      );
    case "BreakStatement":
    case "ContinueStatement":
      return leavesExit(node, context) ? printJump(node, context) : null;
    default:
      return null;
  }
}

/** A class body whose methods are in direct style marks them before anything else of it runs. */
function printClassBody(node: Node, context: Context): Doc | null {
  const members = node.body as Node[];
  // A decorator may put any function in the place of a method.
  if (members.some((each) => decoratorsOf(each).length > 0)) return null;
  const marks = members.some(
    (each) =>
      each.type === "MethodDefinition" &&
      each.key.type !== "PrivateIdentifier" &&
      context.module.formOf(each.value) === "direct",
  );
  if (!marks) return null;
  const rest = printAround(node, context) as Doc[];
  const start = { start: node.start, end: node.start + 1 };
  const [first, ...others] = rest as [{ start: number; end: number }, ...Doc[]];
  return [
    start,
    ` static { ${context.helper("methods")}(this, () => {}); }`,
    { start: node.start + 1, end: first.end },
    others,
  ];
}

/** A method of an object in direct style is marked in an object of its own, whose property is then copied. */
function printObjectMethod(node: Node, context: Context): Doc | null {
  if (context.module.formOf(node.value) !== "direct" || usesSuper(node.value)) return null;
  return [`...${context.helper("method")}({ `, printAround(node, context), " })"];
}

/** The key of a property that is not computed, in front of a colon. */
export function keyText({ key, shorthand }: Node): Doc {
  // With a colon, it would be the prototype of the object.
  if (shorthand && key.name === "__proto__") return '["__proto__"]';
  return { start: key.start, end: key.end };
}

function printObject(node: Node, context: Context): Doc | null {
  return methodsWithSuper(node, context).length === 0
    ? null
    : withMarks(node, printAround(node, context), context);
}

/** A method that uses `super` belongs to the object in which it is written, so it is marked there. */
export function withMarks(node: Node, doc: Doc, context: Context): Doc {
  const names = methodsWithSuper(node, context).map((each) => `, ${textOfKey(each.key)}`);
  return names.length === 0 ? doc : [`${context.helper("ownMethods")}(`, doc, names, ")"];
}

/** Those of them that are certain to be in the object in the end: nothing after them may have their names. */
function methodsWithSuper({ properties }: Node, context: Context): Node[] {
  return properties.filter(
    (each, index) =>
      each.method &&
      !each.computed &&
      context.module.formOf(each.value) === "direct" &&
      usesSuper(each.value) &&
      properties.slice(index + 1).every((later) => isNamedOtherwise(later, each)),
  );
}

function isNamedOtherwise(property: Node, { key }: Node): boolean {
  if (property.type === "SpreadElement" || property.computed) return false;
  return textOfKey(property.key) !== textOfKey(key);
}

function usesSuper(node: Node): boolean {
  if (node.type === "Super") return true;
  return childrenOf(node).some((each) => !each.type.startsWith("Class") && usesSuper(each));
}

/** A method whose function is compiled loses its asterisk. */
function printMethod(node: Node, context: Context): Doc | null {
  const fn = node.value as Node | null;
  if (fn === null || !fn.generator) return null;
  const doc = context.module.compiled(fn);
  if (doc === null) return null;
  const star = context.module.source.lastIndexOf("*", node.key.start - 1);
  return [
    node.type === "MethodDefinition" ? separator(node, context) : "",
    printUntil(node, star, context),
    { start: star + 1, end: node.key.start },
    node.computed ? print(node.key, context) : { start: node.key.start, end: node.key.end },
    { start: node.key.end, end: fn.start },
    doc,
  ];
}

/** Without its asterisk, a method would go on what a field before it has left open: `get` and a new line. */
function separator(node: Node, context: Context): string {
  const siblings = node.parent?.body as Node[];
  const before = siblings[siblings.indexOf(node) - 1];
  if (before?.type !== "PropertyDefinition") return "";
  return context.module.source[before.end - 1] === ";" ? "" : ";";
}

/** The decorators and modifiers before a method's name. */
function printUntil(node: Node, end: number, context: Context): Doc {
  const out: Doc[] = [];
  let at = node.start;
  for (const each of (node as unknown as { decorators?: Node[] }).decorators ?? []) {
    out.push({ start: at, end: each.start }, print(each, context));
    at = each.end;
  }
  return [out, { start: at, end }];
}

/** Statements with compiled declarations: what these need is done before the first statement. */
export function printStatements(node: Node, context: Context, lead: Doc | null): Doc | null {
  const declared: Doc[] = [];
  const docs = new Map<Node, Doc>();
  for (const each of node.body as Node[]) {
    const fn = /^Export(Named|Default)Declaration$/.test(each.type) ? each.declaration : each;
    if (fn?.type !== "FunctionDeclaration" || context.module.formOf(fn) === undefined) continue;
    const doc = context.module.compiled(fn);
    if (doc === null) continue;
    // What was a declaration without a name is an expression now, and would go on in the next line.
    docs.set(fn, fn.id === null ? [doc, ";"] : doc);
    declared.push(prepared(fn, context));
  }
  if (docs.size === 0 && lead === null) return null;
  const out: Doc[] = [];
  let at = lead === null ? node.start : 0;
  let isPlaced = false;
  for (const each of node.body as Node[]) {
    out.push({ start: at, end: each.start });
    if (each.directive === "use fibers") {
      // It has been done: another compiler of the program, or a bundler, is not to see it.
      at = each.end;
      continue;
    }
    if (!isPlaced && !isDirective(each)) {
      out.push(lead ?? [], declared);
      isPlaced = true;
    }
    const fn = each.type.startsWith("Export") ? each.declaration : each;
    const doc = fn === null ? undefined : docs.get(fn);
    if (doc === undefined || fn === null) out.push(print(each, context));
    else out.push({ start: each.start, end: fn.start }, doc);
    at = each.end;
  }
  out.push({ start: at, end: lead === null ? node.end : context.module.source.length });
  return out;
}

/** What is done before the first statement for a compiled declaration. */
function prepared(fn: Node, context: Context): Doc {
  const name = fn.id?.name ?? "";
  const form = context.module.formOf(fn);
  if (form === "direct") {
    const mark = context.module.isQuiet(fn) ? "quiet" : "direct";
    return name === "" ? "" : `${context.helper(mark)}(${name});\n`;
  }
  if (form === "generator") return `${context.helper("generator")}(${name});\n`;
  if (form === "closure") return `${context.helper("prepared")}(${name});\n`;
  const slots = context.module.slots.get(fn);
  const attach = `${context.helper("attach")}(${name}, ${codeName(name, context)}`;
  return () => `${attach}${slots?.threeAtMost === true ? ", true" : ""});\n`;
}

/** The name of the code of a declared routine. */
export function codeName(name: string, context: Context): string {
  return `${name}${context.module.names.prefix}code`;
}

function restOf(node: Node, child: Node, context: Context): Doc {
  const out: Doc[] = [];
  let at = closed(child.end, node, context);
  for (const each of childrenOf(node)) {
    if (each === child || each.start < at) continue;
    out.push({ start: at, end: each.start }, print(each, context));
    at = each.end;
  }
  out.push({ start: at, end: node.end });
  return out;
}

/** The end of a child with the parentheses around it. */
function closed(end: number, node: Node, context: Context): number {
  let at = end;
  const { source } = context.module;
  // `(f)(x)`: parentheses that belong to the child close before the call's own open.
  for (let opens = node.start; source[opens] === "("; opens++) {
    const next = /^\s*\)/.exec(source.slice(at));
    if (next === null) break;
    at += next[0].length;
  }
  return at;
}

/** A declaration of variables that live elsewhere becomes assignments. */
function printDeclaration(node: Node, context: Context): Doc | null {
  const variables = declaredBy(node, context);
  if (!variables.some((each) => isMoved(each, context))) return null;
  const { parent } = node;
  const head = parent !== null && /^For(In|Of)?Statement$/.test(parent.type);
  if (head && (parent.type === "ForInStatement" || parent.type === "ForOfStatement")) {
    if (node.declarations[0]?.init != null)
      throw new LeftAlone("a for-in with an initialiser", node);
    return print(node.declarations[0]?.id as Node, context);
  }
  if (node.kind !== "var") return null;
  const docs = node.declarations
    .filter((each) => each.init !== null)
    .map((each) =>
      assignTo(each.id as Node, each.init as Node, printValue(each.init as Node, context), context),
    );
  return [join(docs, ", "), head ? "" : ";"];
}

/** `pattern = value`, as an expression. */
export function assignTo(pattern: Node, init: Node, value: Doc, context: Context): Doc {
  if (pattern.type !== "Identifier") return ["(", print(pattern, context), " = ", value, ")"];
  const doc =
    isAnonymous(init) && isElsewhere(pattern, context) ? named(pattern.name, value) : value;
  return [print(pattern, context), " = ", doc];
}

/** The variables that a declaration declares. */
export function declaredBy(node: Node, context: Context): Variable[] {
  const found: Variable[] = [];
  const names = (pattern: Node): void => {
    const reference = context.module.scopes.references.get(pattern);
    if (pattern.type === "Identifier") {
      if (reference?.variable != null) found.push(reference.variable);
    } else if (pattern.type === "AssignmentPattern") names(pattern.left);
    else if (pattern.type === "RestElement") names(pattern.argument);
    else if (pattern.type === "ArrayPattern") {
      for (const each of pattern.elements) if (each !== null) names(each);
    } else if (pattern.type === "ObjectPattern") {
      for (const each of pattern.properties) {
        names(each.type === "RestElement" ? each.argument : each.value);
      }
    }
  };
  for (const each of node.declarations) names(each.id as Node);
  return found;
}

export function isDirective(node: Node): boolean {
  return node.type === "ExpressionStatement" && typeof node.directive === "string";
}

/** An expression as one value: the parentheses that a sequence needs are not part of its own text. */
export function printValue(node: Node, context: Context): Doc {
  const doc = print(node, context);
  return node.type === "SequenceExpression" ? ["(", doc, ")"] : doc;
}

/** An expression in parentheses, unless it needs none anywhere. */
export function wrapped(node: Node, doc: Doc): Doc {
  return /^(Identifier|Literal|ThisExpression|MemberExpression|CallExpression|ArrayExpression|TemplateLiteral)$/.test(
    node.type,
  ) && !isFunction(node)
    ? doc
    : ["(", doc, ")"];
}
