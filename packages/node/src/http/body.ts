/** The body of a request or a response, read in a fiber. */
import { type ByteReader, bytes, type Op, type Routine, routine } from "fibril";
import { checkOptions, checkValue, type Rule, type Rules } from "fibril/extend";
import { COUNT } from "../net/options.js";
import { HttpError } from "./error.js";
import { IncomingRequest } from "./request.js";

/** Options of `readBytes`, `readText` and `readJson`. */
export interface BodyOptions {
  /** Bytes that the body may have at most: 1,048,576 by default, Infinity for no limit. */
  readonly limit?: number | undefined;
}

const RULES: Rules<BodyOptions> = { limit: COUNT };
const LIMIT = 1_048_576;

/** A `Request` that `serve` has given, any other, or a `Response`. */
export type Message = Request | Response;

const MESSAGE: Rule = {
  takes: "a Request or a Response",
  holds: (value) => value instanceof Request || value instanceof Response,
};

/**
 * Makes a reader of the body of a request or a response, which then nobody else may read. A plain call: a client that
 * waits for `100 Continue` is told to go on. Throws TypeError when the body was read already.
 *
 * ```ts
 * import { run } from "fibril";
 * import { bodyOf } from "@fibril/node";
 *
 * await run(function* () {
 *   const body = bodyOf(new Response("one\ntwo\n"));
 *   const first = yield* body.readUntil("\n", { limit: 100 });
 *   first?.length; // 4
 * });
 * ```
 */
export function bodyOf(message: Message): ByteReader {
  if (IncomingRequest.exchangeOf(message) !== undefined) {
    return bytes(IncomingRequest.take(message as unknown as IncomingRequest));
  }
  checkValue("bodyOf", message, MESSAGE);
  if (message.bodyUsed) throw new TypeError("the body has been read already");
  return bytes((message.body ?? []) as ReadableStream<Uint8Array>);
}

const whole = routine("readBytes", function* (message: Message, limit: number): Routine<Buffer> {
  if (lengthOf(message) > limit) throw tooLarge(message, limit);
  const reader = bodyOf(message);
  const chunks: Uint8Array[] = [];
  let size = 0;
  let ended = false;
  try {
    for (;;) {
      const chunk = yield* reader.read();
      if (chunk === undefined) break;
      size += chunk.length;
      if (size > limit) throw tooLarge(message, limit);
      chunks.push(chunk);
    }
    ended = true;
  } finally {
    // A response's connection is given back or closed. A request's is the response's as well.
    if (!ended && message instanceof Response) reader.close();
  }
  return chunks.length === 1
    ? Buffer.from(chunks[0]!.buffer, chunks[0]!.byteOffset, size)
    : Buffer.concat(chunks, size);
}) as unknown as (message: Message, limit: number) => Op<Buffer>;

/** What the headers say. Of a request that `serve` has given, no Headers are made for it. */
function lengthOf(message: Message): number {
  const exchange = IncomingRequest.exchangeOf(message);
  return Number(
    exchange === undefined
      ? (message.headers.get("content-length") ?? 0)
      : (exchange.incoming.headers["content-length"] ?? 0),
  );
}

/**
 * Reads the whole body as bytes. Suspends until it has come. Throws HttpError of status 413 when it is larger than
 * `limit` (in bytes, 1 MiB by default); FiberError of code `broken` when the other side breaks off; TypeError when it was
 * read already; and Cancelled.
 *
 * ```ts
 * import { run } from "fibril";
 * import { readBytes } from "@fibril/node";
 *
 * const bytes = await run(() => readBytes(new Response("hello"), { limit: 100 }));
 * bytes.length; // 5
 * ```
 */
export function readBytes(message: Message, options: BodyOptions = {}): Op<Uint8Array> {
  checkValue("readBytes", message, MESSAGE);
  checkOptions("readBytes", options, RULES);
  return whole(message, options.limit ?? LIMIT);
}

/**
 * Reads the whole body as UTF-8. Suspends and throws as `readBytes` does.
 *
 * ```ts
 * import { run } from "fibril";
 * import { readText } from "@fibril/node";
 *
 * const text = await run(() => readText(new Response("hello")));
 * text; // "hello"
 * ```
 */
export function readText(message: Message, options: BodyOptions = {}): Op<string> {
  checkValue("readText", message, MESSAGE);
  checkOptions("readText", options, RULES);
  return asText(message, options.limit ?? LIMIT);
}

/**
 * Reads the whole body as JSON. Suspends and throws as `readBytes` does. What is not JSON is an HttpError of status 400 in
 * a request, which answers it, and a SyntaxError in a response.
 *
 * ```ts
 * import { run } from "fibril";
 * import { readJson } from "@fibril/node";
 *
 * const order = await run(() => readJson<{ item: string }>(new Response('{ "item": "tea" }')));
 * order.item; // "tea"
 * ```
 */
export function readJson<T = unknown>(message: Message, options: BodyOptions = {}): Op<T> {
  checkValue("readJson", message, MESSAGE);
  checkOptions("readJson", options, RULES);
  return asJson(message, options.limit ?? LIMIT) as Op<T>;
}

const asText = routine("readText", function* (message: Message, limit: number): Routine<string> {
  return decoder.decode(yield* whole(message, limit));
}) as unknown as (message: Message, limit: number) => Op<string>;

const asJson = routine("readJson", function* (message: Message, limit: number): Routine<unknown> {
  const text = yield* asText(message, limit);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const why = (error as Error).message;
    if (message instanceof Request)
      throw new HttpError(400, `the body is not JSON: ${why}`, { cause: error });
    throw new SyntaxError(`the body of ${message.url} is not JSON: ${why}`, { cause: error });
  }
}) as unknown as (message: Message, limit: number) => Op<unknown>;

const decoder = new TextDecoder();

function tooLarge(message: Message, limit: number): HttpError {
  const whose = message instanceof Request ? "the request" : `the response of ${message.url}`;
  return new HttpError(413, `the body of ${whose} has more than ${limit} bytes`, {
    headers: { connection: "close" },
  });
}
