/**
 * Documents: what is printed. A document is generated text, a slice of the source, which the source map
 * connects with its origin, or a sequence of documents. A function is a document that is known only when
 * the whole has been built, such as the name of a slot.
 */
import { addMapping, type GenMapping, maybeAddMapping } from "@jridgewell/gen-mapping";

interface Slice {
  readonly start: number;
  readonly end: number;
  /** The name in the source of what is printed under another name. */
  readonly renamed?: string;
  readonly text?: string;
}

/** Where a debugger shows the generated text that follows. */
interface Mark {
  /** The place in the source; null for text that stands for nothing in the source: a debugger steps over that. */
  readonly place: number | null;
}

/** Text of which no part has a place in the source. */
interface Unmapped {
  readonly unmapped: Doc;
}

export type Doc = string | Slice | Mark | Unmapped | readonly Doc[] | (() => Doc);

/** Concatenates documents with a separator. */
export function join(docs: readonly Doc[], separator: string): Doc {
  return docs.flatMap((doc, index) => (index === 0 ? [doc] : [separator, doc]));
}

/** Where a mapping is needed inside a slice: at the start of each word or sign after white space, and of each line. */
const TOKEN =
  /[\p{ID_Start}$_][\p{ID_Continue}$]*|\d[\w.]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[^\s\w]/gu;

/** Writes a document as text, and notes in `map`, if there is one, where each piece comes from. */
export function write(doc: Doc, source: string, file: string, map: GenMapping | null): string {
  const out: string[] = [];
  const lines = map === null ? [] : lineStarts(source);
  let line = 1;
  let column = 0;
  let at = 0;
  let depth = 0;
  let isFresh = false;
  let isMapped = map !== null;

  function advance(text: string): void {
    out.push(text);
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
    for (const [index, part] of text.split("\n").entries()) {
      if (index > 0) {
        advance("\n");
        isFresh = true;
      }
      const line = isFresh ? part.trimStart() : part;
      if (line === "") continue;
      const opens = line.split("{").length - line.split("}").length;
      if (isFresh) indent(line.startsWith("}"));
      depth = Math.max(0, depth + opens);
      advance(line);
    }
  }

  function indent(isClosing: boolean): void {
    isFresh = false;
    advance("  ".repeat(Math.max(0, depth - (isClosing ? 1 : 0))));
  }

  function original(offset: number): { line: number; column: number } {
    while (at + 1 < lines.length && (lines[at + 1] as number) <= offset) at++;
    while (at > 0 && (lines[at] as number) > offset) at--;
    return { line: at + 1, column: offset - (lines[at] as number) };
  }

  function slice({ start, end, renamed, text }: Slice): void {
    if (isFresh && start < end) indent(false);
    if (map === null || !isMapped) {
      advance(text ?? source.slice(start, end));
      return;
    }
    if (text !== undefined) {
      addMapping(map, {
        generated: { line, column },
        source: file,
        original: original(start),
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
        original: original(start + done),
      });
    }
    advance(piece.slice(done));
  }

  function mark({ place: offset }: Mark): void {
    if (map === null || !isMapped) return;
    const generated = { line, column };
    if (offset === null) maybeAddMapping(map, { generated });
    else maybeAddMapping(map, { generated, source: file, original: original(offset) });
  }

  function unmapped(inner: Doc): void {
    mark({ place: null });
    const before = isMapped;
    isMapped = false;
    visit(inner);
    isMapped = before;
  }

  function visit(each: Doc): void {
    if (typeof each === "string") generate(each);
    else if (typeof each === "function") visit(each());
    else if (Array.isArray(each)) for (const part of each) visit(part as Doc);
    else if ("place" in each) mark(each);
    else if ("unmapped" in each) unmapped(each.unmapped);
    else slice(each as Slice);
  }

  visit(doc);
  return out.join("");
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let next = text.indexOf("\n"); next !== -1; next = text.indexOf("\n", next + 1)) {
    starts.push(next + 1);
  }
  return starts;
}
