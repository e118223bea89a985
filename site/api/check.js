/**
 * Every export of the packages, and every member of an exported class or interface, has a comment; what may wait says
 * when it suspends, and what throws says what. Prints what is missing, and fails.
 *
 *     node site/api/check.js
 */
import { relative } from "node:path";
import ts from "typescript";
import { readExports, ROOT } from "./exports.js";

/** Calls that throw TypeError or RangeError for what a program passes in. */
const CHECKS = new Set([
  "checkValue",
  "checkOptions",
  "checkFiber",
  "checkWorks",
  "checkGrace",
  "checkWait",
]);
const THROWS =
  /\bthrow(s|n|ing)?\b|\breject(s|ed)?\b|\bfails?\b|\berrors?\b|\bTypeError\b|\bRangeError\b/i;
const SUSPENDS = /\bsuspend(s|ed|ing)?\b|\bwait(s|ing|ed)?\b|\bat once\b/i;
/** Numbers whose names say that they are times; what documents them says the unit. */
const TIMES =
  /^(ms|after|every|interval|timeout|grace|delay|since|at|patience|within|per|maxAge|ttl)$/;
const UNIT = /millisecond|\bms\b|clock/i;

const exports = readExports();
const missing = [];
/** That of the package whose export is being looked at. */
let checker;

function report(where, node, problem) {
  const file = node.getSourceFile();
  const { line } = file.getLineAndCharacterOfPosition(node.getStart());
  missing.push(`${relative(ROOT, file.fileName)}:${line + 1} ${where} ${problem}`);
}

const textOf = (symbol) => ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();

const isInternal = (symbol) => symbol.getJsDocTags(checker).some(({ name }) => name === "internal");

/** Whether the body throws by itself: functions inside it run at another time. */
function throwsItself(node) {
  let found = false;
  const visit = (child) => {
    if (found || ts.isFunctionLike(child) || ts.isClassLike(child)) return;
    if (ts.isTryStatement(child) && child.catchClause) return;
    const call = ts.isCallExpression(child) && ts.isIdentifier(child.expression);
    if (ts.isThrowStatement(child) || (call && CHECKS.has(child.expression.text))) found = true;
    else ts.forEachChild(child, visit);
  };
  if (node.body) visit(node.body);
  return found;
}

function givesOp(declaration) {
  const signature = checker.getSignatureFromDeclaration(declaration);
  return signature?.getReturnType().symbol?.name === "Op";
}

function checkSymbol(symbol, where) {
  const text = textOf(symbol);
  const declarations = symbol.declarations ?? [];
  if (text === "") return report(where, declarations[0], "has no comment");
  const functions = declarations.flatMap((declaration) => {
    const { initializer } = declaration;
    return initializer && ts.isFunctionLike(initializer) ? [initializer] : [declaration];
  });
  const callable = functions.filter(ts.isFunctionLike);
  if (callable.some(givesOp) && !SUSPENDS.test(text)) {
    report(where, declarations[0], "gives an op, and does not say when it suspends");
  }
  if (callable.some(throwsItself) && !THROWS.test(text)) {
    report(where, declarations[0], "throws, and does not say what");
  }
  if (TIMES.test(symbol.name) && isNumber(symbol, declarations[0]) && !UNIT.test(text)) {
    report(where, declarations[0], "is a time, and does not say its unit");
  }
}

function isNumber(symbol, declaration) {
  const type = checker.getNonNullableType(checker.getTypeOfSymbolAtLocation(symbol, declaration));
  return (type.flags & ts.TypeFlags.NumberLike) !== 0;
}

/** Types such as AnyReadable list the part of a host's class that is used; the host documents their members. */
const isHosts = (name) => /^Any[A-Z]/.test(name);

function checkMembers(symbol, name) {
  if (isHosts(name)) return;
  for (const declaration of symbol.declarations) {
    if (!ts.isClassDeclaration(declaration) && !ts.isInterfaceDeclaration(declaration)) continue;
    for (const member of declaration.members) {
      const flags = ts.getCombinedModifierFlags(member);
      if (flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) continue;
      if (!member.name || ts.isPrivateIdentifier(member.name)) {
        if (ts.isConstructorDeclaration(member)) checkConstructor(member, name);
        continue;
      }
      const own = checker.getSymbolAtLocation(member.name);
      // What the language calls, and what a base class or an interface documents, needs no comment.
      if (!own || isInternal(own) || own.name.startsWith("__@") || own.name.startsWith("_"))
        continue;
      const owner = flags & ts.ModifierFlags.Static ? `static ${name}` : name;
      checkSymbol(own, `${owner}.${own.name}`);
    }
  }
}

function checkConstructor(node, name) {
  const comments = ts.getJSDocCommentsAndTags(node);
  const text = comments.map((comment) => comment.getText()).join(" ");
  if (!text.includes("@internal") && throwsItself(node) && !THROWS.test(text)) {
    report(`new ${name}`, node, "throws, and does not say what");
  }
}

for (const { name, symbol, specifier, checker: own } of exports) {
  checker = own;
  checkSymbol(symbol, `${name} of ${specifier}`);
  checkMembers(symbol, name);
}

const unique = [...new Set(missing)];
for (const line of unique) console.error(line);
if (unique.length > 0) {
  console.error(`\n${unique.length} comments are missing or say too little`);
  process.exitCode = 1;
} else console.log(`${exports.length} exports are documented`);
