/** The source map of a file that another tool has made, such as tsc: the output's map has to lead back to its sources. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

const COMMENT = /^\/\/[#@] sourceMappingURL=(\S+)[ \t]*$/gm;
const DATA = /^data:application\/json[^,]*?(;base64)?,(.*)$/;

export interface Mapped {
  /** The text without the comment that names its map. */
  readonly text: string;
  /** Null if the text names no map, or one that cannot be read. */
  readonly map: object | null;
}

/** Takes the comment that names the source map off the end of a file, and reads that map. */
export function takeInputMap(file: string, text: string): Mapped {
  const comment = [...text.matchAll(COMMENT)].at(-1);
  if (comment?.[1] === undefined || text.slice(comment.index + comment[0].length).trim() !== "") {
    return { text, map: null };
  }
  return { text: text.slice(0, comment.index), map: read(file, comment[1]) };
}

function read(file: string, url: string): object | null {
  try {
    const [, base64, data] = DATA.exec(url) ?? [];
    if (data === undefined) {
      return parse(readFileSync(resolve(dirname(file), decodeURIComponent(url)), "utf8"));
    }
    return parse(
      base64 === undefined
        ? decodeURIComponent(data)
        : Buffer.from(data, "base64").toString("utf8"),
    );
  } catch {
    // A map is a convenience: a file whose map was not shipped is compiled all the same.
    return null;
  }
}

function parse(text: string): object | null {
  const map: unknown = JSON.parse(text);
  return typeof map === "object" ? map : null;
}
