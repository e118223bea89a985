/** Files. */
import type { LinesOptions } from "fibril";
import type { ByteReader, Channel, DirectBut, Reader, Writer } from "fibril/direct";
import * as node from "../index.js";
import type {
  Bytes,
  Change,
  FileReaderOptions,
  FileWriterOptions,
  OpenOptions,
  ReplaceFileOptions,
  TempDirOptions,
  WalkEntry,
  WalkOptions,
  WatchOptions,
  WriteFileOptions,
} from "../index.js";
import type { Made } from "./made.js";

type Path = string | URL;

/** An open file. */
export interface OpenFile extends DirectBut<node.OpenFile, "reader" | "writer"> {
  /** What reads from it. A plain call. */
  reader(options?: FileReaderOptions): ByteReader;
  /** What writes to it. A plain call. */
  writer(options?: FileWriterOptions): Writer<Bytes>;
}
export const OpenFile = node.OpenFile as unknown as Made<OpenFile>;
/** Opens a file, which is closed when the scope around ends. */
export const open = node.open as unknown as (path: Path, options?: OpenOptions) => OpenFile;
/** Reads a whole file. */
export const readFile = node.readFile as unknown as {
  (path: Path): Uint8Array;
  (path: Path, encoding: BufferEncoding): string;
};
/** Writes a whole file. */
export const writeFile = node.writeFile as unknown as (
  path: Path,
  data: Bytes,
  options?: WriteFileOptions,
) => void;
/** Replaces the content of a file: whoever reads it sees the old one or the new one. */
export const replaceFile = node.replaceFile as unknown as (
  path: Path,
  content: Bytes | ((writer: Writer<Bytes>) => unknown),
  options?: ReplaceFileOptions,
) => void;
/** Makes a folder that is removed when the scope around ends. */
export const tempDir = node.tempDir as unknown as (options?: TempDirOptions) => string;
/** The lines of a file. A plain call. */
export const lines = node.lines as unknown as (
  path: Path,
  options?: LinesOptions,
) => Reader<string>;
/** What is in a folder and in those below it. A plain call. */
export const walk = node.walk as unknown as (
  path: Path,
  options?: WalkOptions,
) => Reader<WalkEntry>;
/** The changes of a file or a folder. A plain call. */
export const watch = node.watch as unknown as (
  path: Path,
  options?: WatchOptions,
) => Channel<Change>;
