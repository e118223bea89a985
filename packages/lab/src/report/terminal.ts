/** What the terminal can show. */
import { lookOf } from "./look.js";

export interface Terminal {
  /** In columns. */
  readonly width: number;
  readonly colours: boolean;
  /** Whether the terminal shows more than ASCII. */
  readonly unicode: boolean;
}

/**
 * NO_COLOR and FORCE_COLOR are honoured. A stream that is not a terminal gets eighty columns and no
 * colours.
 */
export function terminalOf(
  stream: Partial<Pick<NodeJS.WriteStream, "columns" | "isTTY" | "hasColors">>,
  env: NodeJS.ProcessEnv = process.env,
): Terminal {
  const { NO_COLOR, FORCE_COLOR, LC_ALL, LC_CTYPE, LANG, TERM } = env as Record<string, string>;
  const able = stream.isTTY === true && stream.hasColors?.(256, env) === true;
  const forced = FORCE_COLOR !== undefined && FORCE_COLOR !== "0";
  const columns = stream.columns ?? Number(env["COLUMNS"] ?? 80);
  return {
    width: Math.min(120, Math.max(40, Number.isFinite(columns) ? columns : 80)),
    colours: (NO_COLOR === undefined || NO_COLOR === "") && (able || forced),
    // The console of Linux and dumb terminals have no braille.
    unicode:
      TERM !== "linux" && TERM !== "dumb" && /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || ""),
  };
}

const ESCAPE = "\u001b";

/** Text in a runtime's colour. */
export function coloured(text: string, runtime: string, { colours }: Terminal): string {
  return colours ? `${ESCAPE}[38;5;${lookOf(runtime).terminal}m${text}${ESCAPE}[39m` : text;
}

/** Breaks words into indented lines. An escape sequence has no width. */
export function wrapped(words: readonly string[], width: number, indent: string): string[] {
  const lines: string[] = [];
  let line = indent;
  let used = indent.length;
  for (const word of words) {
    const length = widthOf(word);
    if (used > indent.length && used + 1 + length > width) {
      lines.push(line.trimEnd());
      line = indent;
      used = indent.length;
    }
    const space = used === indent.length ? "" : " ";
    line += space + word;
    used += space.length + length;
  }
  return used > indent.length ? [...lines, line.trimEnd()] : lines;
}

/** The columns that a text takes. */
export const widthOf = (text: string): number => Array.from(text.replaceAll(SEQUENCES, "")).length;

const SEQUENCES = new RegExp(`${ESCAPE}\\[[\\d;]*m`, "g");
