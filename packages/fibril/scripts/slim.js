/**
 * Takes the texts of errors out of a module, for the build `dist/slim`. Its errors say their code and where
 * docs/errors.md explains it.
 *
 * It is the code that is changed, not a second copy of the texts, so that the two builds cannot differ in
 * anything else.
 */
import { parseAst } from "rolldown/parseAst";

/** Modules whose texts stay: they name the option that is wrong, and what it takes. */
const KEEPS = /\/kernel\/check\.ts$/;

/** What these give is for texts alone: a call whose value nobody uses may be left out. */
const MAKES_TEXT = new Set([
  "adviceOn",
  "elsewhere",
  "insteadOf",
  "kindOf",
  "labelOf",
  "nameOf",
  "nameOfCall",
  "nameOfKind",
  "routineName",
  "shown",
  "textOf",
  "whatToWrite",
  "whatWasPassed",
]);

/** What stands in the place of the text of an error that has no code. */
const ARGUMENTS = JSON.stringify("see docs/errors.md#arguments of fibril");

/** Which argument of the call or `new` is a text, and what takes its place. */
function textOf(node, inFiberError) {
  const { name } = node.callee;
  if (node.type === "NewExpression" && name === "FiberError") return [node.arguments[1], '""'];
  if (node.type === "CallExpression" && node.callee.type === "Super" && inFiberError) {
    return [node.arguments[1], '""'];
  }
  if (node.type === "NewExpression" && (name === "TypeError" || name === "RangeError")) {
    return [node.arguments[0], ARGUMENTS];
  }
  return [];
}

/** The code without the texts of its errors. It keeps its lines, so that its source map stays true. */
export function withoutTexts(file, code) {
  const edits = [];
  const visit = (node, inFiberError) => {
    if (node.type === "ClassDeclaration") inFiberError = node.superClass?.name === "FiberError";
    if (node.type === "NewExpression" || node.type === "CallExpression") {
      const [text, instead] = textOf(node, inFiberError);
      if (text !== undefined) {
        const lines = "\n".repeat(code.slice(text.start, text.end).split("\n").length - 1);
        edits.push({ at: text.start, end: text.end, instead: instead + lines });
        return;
      }
    }
    if (node.type === "FunctionDeclaration" && MAKES_TEXT.has(node.id.name)) {
      edits.push({ at: node.start, end: node.start, instead: "/* @__NO_SIDE_EFFECTS__ */ " });
    }
    for (const child of Object.values(node).flat()) {
      if (typeof child?.type === "string") visit(child, inFiberError);
    }
  };
  if (!KEEPS.test(file.replaceAll("\\", "/"))) visit(parseAst(code), false);
  let slim = code;
  for (const { at, end, instead } of edits.toSorted((a, b) => b.at - a.at)) {
    slim = slim.slice(0, at) + instead + slim.slice(end);
  }
  return slim;
}
