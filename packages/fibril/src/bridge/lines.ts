/** Text, line by line. */
import { checkOptions, FiberError, limitFrom, type Rules } from "../core/index.js";
import { Reader, type Readables } from "./reader.js";
import { type Listener, NOT_YET, type Source } from "./source.js";

/** Options of `lines`. */
export interface LinesOptions {
  /** Characters that a line may have at most: Infinity by default. Give one where a stranger sends the text. */
  readonly limit?: number | undefined;
}

const RULES: Rules<LinesOptions> = { limit: limitFrom(1, "characters") };

interface AnyTextDecoder {
  decode(bytes?: unknown, options?: { stream?: boolean }): string;
}

function newTextDecoder(): AnyTextDecoder {
  const host = globalThis as unknown as { TextDecoder: new () => AnyTextDecoder };
  return new host.TextDecoder();
}

/** Cuts what another source gives into lines. A chunk need not end where a line or a character does. */
class LineSource implements Source<string> {
  readonly what: string;
  private readonly from: Source<unknown>;
  private readonly limit: number;
  private decoder: AnyTextDecoder | null;
  /** Text that has come, and from where on it has not been taken. */
  private text: string;
  private at: number;
  /** From where on a line break is to be looked for. */
  private looked: number;
  private ended: boolean;

  constructor(from: Source<unknown>, limit: number) {
    this.what = from.what;
    this.from = from;
    this.limit = limit;
    this.decoder = null;
    this.text = "";
    this.at = this.looked = 0;
    this.ended = false;
  }

  take(): string | undefined | typeof NOT_YET {
    for (;;) {
      const end = this.text.indexOf("\n", this.looked);
      if (end >= 0) return this.cut(end, end + 1);
      this.looked = this.text.length;
      this.check(this.looked - this.at);
      if (this.ended) return this.last();
      const chunk = this.from.take();
      if (chunk === NOT_YET) return NOT_YET;
      this.ended = chunk === undefined;
      this.add(chunk);
    }
  }

  listen(listener: Listener): void {
    this.from.listen(listener);
  }

  unlisten(listener: Listener): void {
    this.from.unlisten(listener);
  }

  close(reason: unknown): PromiseLike<unknown> | undefined {
    return this.from.close(reason);
  }

  private add(chunk: unknown): void {
    let text: string;
    if (typeof chunk === "string") text = chunk;
    else if (chunk === undefined) text = this.decoder?.decode() ?? "";
    else text = (this.decoder ??= newTextDecoder()).decode(chunk, { stream: true });
    this.text = this.text.slice(this.at) + text;
    this.looked -= this.at;
    this.at = 0;
  }

  private cut(end: number, next: number): string {
    const { at, text } = this;
    this.at = this.looked = next;
    const line = text.slice(at, end > at && text.charCodeAt(end - 1) === RETURN ? end - 1 : end);
    this.check(line.length);
    return line;
  }

  /** What stands behind the last line break is a line, if it is anything. */
  private last(): string | undefined {
    const { length } = this.text;
    return this.at === length ? undefined : this.cut(length, length);
  }

  private check(length: number): void {
    if (length <= this.limit) return;
    throw new FiberError(
      "overflow",
      `a line of ${this.what} is longer than the ${this.limit} characters that it may have`,
    );
  }
}

const RETURN = "\r".charCodeAt(0);

/**
 * Reads text line by line, without the line breaks (`\n` or `\r\n`); bytes are taken for UTF-8. What stands behind
 * the last break is a line too.
 *
 * A plain call: takes what `Reader.from` takes, and gives a reader. It reads ahead no more than the chunk that a
 * line comes from. A line that is longer than `limit` throws FiberError of code `overflow`.
 *
 * ```ts
 * const text = lines(["one\ntw", "o\r\n", "three"]);
 * const seen: string[] = [];
 * yield* text.each((line) => void seen.push(line));
 * seen.join(); // "one,two,three"
 * ```
 */
export function lines(from: Readables<any>, options: LinesOptions = {}): Reader<string> {
  checkOptions("lines", options, RULES);
  const { limit = Number.POSITIVE_INFINITY } = options;
  const reader = Reader.from<unknown>(from);
  return new Reader(new LineSource(reader._stacked(), limit), reader.name);
}
