/**
 * `fibril/extend`: for packages that put fibers in front of something else, such as `@fibril/node`. What they read and
 * write comes as a `Reader` and a `Writer`, and their options are checked as the library's own are.
 *
 * ```ts
 * let told: Listener | undefined;
 * const queue: string[] = [];
 * const reader = readerOn<string>({
 *   what: "the queue",
 *   take: () => queue.shift() ?? NOT_YET,
 *   listen: (listener) => void (told = listener),
 *   unlisten: () => void (told = undefined),
 *   close: () => undefined,
 * });
 * const reading = spawn(() => reader.read());
 * yield* yieldNow();
 * queue.push("hello");
 * told?.told();
 * yield* reading; // "hello"
 * ```
 */
import { Reader } from "./bridge/reader.js";
import { ByteReader } from "./bridge/bytes.js";
import type { Sink } from "./bridge/sink.js";
import type { Source } from "./bridge/source.js";
import { Writer } from "./bridge/writer.js";

/** Makes a reader of a source, which answers without waiting. The name is for dumps and messages. A plain call. */
export function readerOn<Chunk>(source: Source<Chunk>, name = ""): Reader<Chunk> {
  return new Reader(source, name);
}

/** Makes a reader of bytes of a source that gives chunks of them, or texts. A plain call. */
export function bytesOn(source: Source<Uint8Array | string>, name = ""): ByteReader {
  return new ByteReader(source, name);
}

/** Makes a writer of a sink, which takes chunks without waiting. A plain call. */
export function writerOn<Chunk>(sink: Sink<Chunk>, name = ""): Writer<Chunk> {
  return new Writer(sink, name);
}

export { gatherer } from "./bridge/gatherer.js";
export { type Listener, NOT_YET, type Source, twoReaders } from "./bridge/source.js";
export type { Sink } from "./bridge/sink.js";
export {
  ANYTHING,
  CALLBACK,
  checkOptions,
  checkValue,
  FLAG,
  having,
  MILLISECONDS,
  oneOf,
  type Rule,
  type Rules,
  TEXT,
  WHOLE,
  wholeFrom,
} from "./core/index.js";
export { shown } from "./core/index.js";
