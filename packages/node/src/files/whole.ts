/** Files as a whole. */
import { readFile as read, writeFile as write } from "node:fs/promises";
import { type Op, until } from "fibril";
import {
  checkOptions,
  checkScheduled,
  checkValue,
  oneOf,
  type Rule,
  type Rules,
} from "fibril/extend";
import type { Bytes } from "../net/connection.js";
import { BYTES, named, pathOf, writing } from "./call.js";
import { MODE } from "./open.js";

/** Options of `writeFile`. */
export interface WriteFileOptions {
  /** What happens to a file that is there: it is emptied (`"w"`, the default), appended to (`"a"`), or an error (`"wx"`). */
  readonly flags?: "w" | "a" | "wx" | undefined;
  /** The permissions of a file that is made: 0o666 by default, without what the process' umask takes away. */
  readonly mode?: number | undefined;
}

const RULES: Rules<WriteFileOptions> = { flags: oneOf("w", "a", "wx"), mode: MODE };
const ENCODING: Rule = {
  takes: 'the name of an encoding, such as "utf8"',
  holds: (value) => typeof value === "string" && Buffer.isEncoding(value),
};
/**
 * Reads a whole file: as bytes, or as text if an encoding is given.
 *
 * Suspends. Throws Node's error (`ENOENT`, `EISDIR`, `ERR_FS_FILE_TOO_LARGE`), TypeError for an invalid path
 * or encoding; and Cancelled: then nothing more than the present half a megabyte is read, and the file is closed after it.
 *
 * See `writeFile` for an example.
 */
export function readFile(path: string | URL): Op<Uint8Array>;
export function readFile(path: string | URL, encoding: BufferEncoding): Op<string>;
export function readFile(path: string | URL, encoding?: BufferEncoding): Op<Uint8Array | string> {
  const place = pathOf("readFile", path);
  if (encoding !== undefined) checkValue("readFile", encoding, ENCODING);
  checkScheduled("readFile");
  return until(`the content of ${place}`, (signal) =>
    read(place, { encoding: encoding ?? null, signal }).catch((error: Error) => {
      throw named(error, place);
    }),
  );
}

/**
 * Writes a whole file. A reader of the file may see it empty or in part: see `replaceFile`.
 *
 * Suspends. Throws Node's error (`ENOENT`, `EACCES`, `ENOSPC`), TypeError and RangeError for invalid arguments; and
 * Cancelled: then nothing more than the present half a megabyte is written, which is waited for, and the file is left as
 * it is then.
 *
 * ```ts
 * import { run } from "fibril";
 * import { readFile, tempDir, writeFile } from "@fibril/node";
 *
 * const text = await run(function* () {
 *   const path = `${yield* tempDir()}/greeting`;
 *   yield* writeFile(path, "hello");
 *   yield* writeFile(path, "!", { flags: "a" });
 *   return yield* readFile(path, "utf8");
 * });
 * text; // "hello!"
 * ```
 */
export function writeFile(
  path: string | URL,
  data: Bytes,
  options: WriteFileOptions = {},
): Op<void> {
  const place = pathOf("writeFile", path);
  checkValue("writeFile", data, BYTES);
  checkOptions("writeFile", options, RULES);
  checkScheduled("writeFile");
  const { flags = "w", mode = 0o666 } = options;
  return writing(`${place} to be written`, (signal) =>
    write(place, data, { flag: flags, mode, signal }).catch((error: Error) => {
      throw named(error, place);
    }),
  );
}
