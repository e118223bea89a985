/**
 * Documents: what is printed. A document is generated text, a slice of the source, which the source map
 * connects with its origin, or a sequence of documents. A function is a document that is known only when
 * the whole has been built, such as the name of a slot.
 */
import { addMapping, type GenMapping, maybeAddMapping } from "@jridgewell/gen-mapping";
import { Lines } from "../syntax/lines.js";

interface Slice {
  readonly start: number;
  readonly end: number;
  /** The name in the source of what is printed under another name. */
  readonly renamed?: string;
  readonly text?: string;
}

export type Doc = string | Slice | readonly Doc[] | (() => Doc);

/** Concatenates documents with a separator. */
export function join(docs: readonly Doc[], separator: string): Doc {
  const out: Doc[] = [];
  for (const doc of docs) {
    if (out.length > 0) out.push(separator);
    out.push(doc);
  }
  return out;
}

const SPACE = 0x20;
const OPENS = 0x7b;
const CLOSES = 0x7d;

/** Where a mapping is needed inside a slice: at the start of each word or sign after white space, and of each line. */
const TOKEN =
  /[\p{ID_Start}$_][\p{ID_Continue}$]*|\d[\w.]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[^\s\w]/gu;

/** Writes a document as text, and notes in `map`, if there is one, where each piece comes from. */
export function write(doc: Doc, source: string, file: string, map: GenMapping | null): string {
  let out = "";
  const lines = new Lines(map === null ? "" : source);
  let line = 1;
  let column = 0;
  let depth = 0;
  let isFresh = false;
  const indents: string[] = [];

  function advance(text: string): void {
    out += text;
    if (map === null) return;
    let from = 0;
    for (let next = text.indexOf("\n"); next !== -1; next = text.indexOf("\n", from)) {
      line++;
      column = 0;
      from = next + 1;
    }
    column += text.length - from;
  }

  /** Generated text, with its lines indented by the braces that are open. */
  function generate(text: string): void {
    let from = 0;
    for (let next = text.indexOf("\n"); next !== -1; next = text.indexOf("\n", from)) {
      generateLine(text, from, next);
      out += "\n";
      line++;
      column = 0;
      isFresh = true;
      from = next + 1;
    }
    generateLine(text, from, text.length);
  }

  /** A piece of generated text within one line. At the start of the line, it is indented. */
  function generateLine(text: string, start: number, end: number): void {
    let from = start;
    if (isFresh) while (text.charCodeAt(from) === SPACE && from < end) from++;
    if (from === end) return;
    if (isFresh) indent(text.charCodeAt(from) === CLOSES);
    for (let at = from; at < end; at++) {
      const sign = text.charCodeAt(at);
      if (sign === OPENS) depth++;
      else if (sign === CLOSES) depth--;
    }
    depth = Math.max(0, depth);
    out += text.slice(from, end);
    column += end - from;
  }

  function indent(isClosing: boolean): void {
    isFresh = false;
    const levels = Math.max(0, depth - (isClosing ? 1 : 0));
    const spaces = (indents[levels] ??= "  ".repeat(levels));
    out += spaces;
    column += spaces.length;
  }

  function slice({ start, end, renamed, text }: Slice): void {
    if (isFresh && start < end) indent(false);
    if (map === null) {
      advance(text ?? source.slice(start, end));
      return;
    }
    if (text !== undefined) {
      addMapping(map, {
        generated: { line, column },
        source: file,
        original: lines.positionOf(start),
        name: renamed ?? text,
      });
      advance(text);
      return;
    }
    const piece = source.slice(start, end);
    let done = 0;
    for (const token of piece.matchAll(TOKEN)) {
      advance(piece.slice(done, token.index));
      done = token.index;
      maybeAddMapping(map, {
        generated: { line, column },
        source: file,
        original: lines.positionOf(start + done),
      });
    }
    advance(piece.slice(done));
  }

  // Documents are nested deeper than the program is, so the stack of the language might be too small.
  const pending: Doc[] = [doc];
  for (let each = pending.pop(); each !== undefined; each = pending.pop()) {
    if (typeof each === "string") generate(each);
    else if (typeof each === "function") pending.push(each());
    else if (Array.isArray(each)) {
      for (let at = each.length - 1; at >= 0; at--) pending.push(each[at] as Doc);
    } else slice(each as Slice);
  }
  return out;
}
