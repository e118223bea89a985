/** Streams of chunks. */
import * as fibril from "../index.js";
import type {
  AnyReadable,
  AnyReadableStream,
  AnyWritable,
  AnyWritableStream,
  LinesOptions,
  PipeOptions,
  ReaderOptions,
  ReadUntilOptions,
  WriterOptions,
} from "../index.js";
import type { DirectBut, Made } from "./types.js";

/** What can be read: a reader, a stream of the host, or anything that iterates. */
export type Readables<Chunk> =
  | Reader<Chunk>
  | fibril.Reader<Chunk>
  | AnyReadable<Chunk>
  | AnyReadableStream<Chunk>
  | AsyncIterable<Chunk>
  | Iterable<Chunk>;
/** What can be written to: a writer or a stream of the host. */
export type Writables<Chunk> =
  | Writer<Chunk>
  | fibril.Writer<Chunk>
  | AnyWritable<Chunk>
  | AnyWritableStream<Chunk>;

/** Reads chunks. */
export interface Reader<Chunk> extends DirectBut<fibril.Reader<Chunk>, "each"> {
  /** Calls a function with each chunk, up to the end. */
  each(body: (chunk: Chunk) => unknown): void;
}
export const Reader = fibril.Reader as unknown as Made<Reader<any>> & {
  /** A reader of anything that can be read. A plain call. */
  from<Chunk>(source: Readables<Chunk>, options?: ReaderOptions): Reader<Chunk>;
};
/** Reads bytes: as many as come, so many, or up to a mark. */
export interface ByteReader extends Omit<Reader<Uint8Array>, "read"> {
  /** Waits for bytes: `count` of them if it is given. Results in `undefined` at the end. */
  read(count?: number): Uint8Array | undefined;
  /** Waits for the bytes up to a mark. Throws FiberError when there are more than the limit allows. */
  readUntil(mark: string | Uint8Array, options?: ReadUntilOptions): Uint8Array | undefined;
}
export const ByteReader = fibril.ByteReader as unknown as Made<ByteReader> & {
  /** A reader of anything that can be read. A plain call. */
  from<Chunk>(source: Readables<Chunk>, options?: ReaderOptions): Reader<Chunk>;
};
/** Writes chunks. */
export type Writer<Chunk> = DirectBut<fibril.Writer<Chunk>, never>;
export const Writer = fibril.Writer as unknown as Made<Writer<any>> & {
  /** A writer to anything that can be written to. A plain call. */
  from<Chunk>(target: Writables<Chunk>, options?: WriterOptions): Writer<Chunk>;
};

/** A reader of bytes. A plain call. */
export const bytes = fibril.bytes as unknown as (
  from: Readables<Uint8Array | string>,
) => ByteReader;
/** A reader of lines. A plain call. */
export const lines = fibril.lines as unknown as (
  from: Readables<any>,
  options?: LinesOptions,
) => Reader<string>;
/** Writes everything that can be read, and results in the number of chunks. */
export const pipe = fibril.pipe as unknown as <Chunk>(
  from: Readables<Chunk>,
  to: Writables<Chunk>,
  options?: PipeOptions,
) => number;
