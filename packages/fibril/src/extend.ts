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
import { Receiver, Sender } from "./channel/halves.js";
import { hereScope, unscheduled } from "./core/index.js";

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

/** Which half of a channel a value is; undefined for everything else. A plain call. */
export function halfOf(value: unknown): "receiver" | "sender" | undefined {
  if (value instanceof Receiver) return "receiver";
  return value instanceof Sender ? "sender" : undefined;
}

/**
 * Puts messages back into a channel when whoever took them on behalf of somebody else cannot pass them on: before all others
 * if the half receives, behind them if it sends. They are kept although the channel may be full, unless nobody receives
 * from it any more. A plain call.
 *
 * ```ts
 * const jobs = new Channel<string>(2);
 * const receiver = jobs.receiver();
 * jobs.trySend("wash");
 * jobs.trySend("dry");
 * const taken = receiver.tryDrain();
 * putBack(receiver, taken);
 * jobs.tryReceive(); // "wash"
 * ```
 */
export function putBack<T>(half: Receiver<T> | Sender<T>, messages: readonly T[]): void {
  half._restore(messages);
}

/**
 * Throws FiberError of code `outside` where there is no scheduler. `what` is the name of the function that needs one. A
 * plain call.
 *
 * ```ts
 * function* openQueue() {
 *   checkScheduled("openQueue"); // in plain code: "openQueue(…) needs a scheduler: …"
 * }
 * yield* openQueue();
 * ```
 */
export function checkScheduled(what: string): void {
  if (hereScope() === undefined) throw unscheduled(`${what}(…)`);
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
  limitFrom,
  MILLISECONDS,
  oneOf,
  type Rule,
  type Rules,
  TEXT,
  WHOLE,
  wholeFrom,
} from "./core/index.js";
export { calling, shown } from "./core/index.js";
