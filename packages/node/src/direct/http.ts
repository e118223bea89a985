/** HTTP. */
import type { RunOptions } from "fibril";
import type { ByteReader, DirectBut, Writer } from "fibril/direct";
import * as node from "../index.js";
import type {
  BodyOptions,
  Bytes,
  Listener,
  Message,
  Peer,
  ReplyOptions,
  ServeOptions,
  ServerEvent,
} from "../index.js";

/** Answers a request. */
export type RequestHandler = (request: Request, peer: Peer) => Response | undefined;
/** A server of HTTP. */
export type HttpServer = DirectBut<node.HttpServer, never>;
/** Serves HTTP with a function that answers requests, each in a fiber of its own. Waits until it listens. */
export const serve = node.serve as unknown as (
  options: ServeOptions,
  handler: RequestHandler,
) => HttpServer;
/** A listener for a server that is not ours. A plain call. */
export const listener = node.listener as unknown as (
  handler: RequestHandler,
  options?: Omit<RunOptions, "signal">,
) => Listener;

/** Sends a request, and waits for the head of the response. */
export const fetch = node.fetch as unknown as (
  input: string | URL | Request,
  init?: RequestInit,
) => Response;
/** The bytes of a message as they come. A plain call. */
export const bodyOf = node.bodyOf as unknown as (message: Message) => ByteReader;
/** Waits for all bytes of a message. */
export const readBytes = node.readBytes as unknown as (
  message: Message,
  options?: BodyOptions,
) => Uint8Array;
/** Waits for the text of a message. */
export const readText = node.readText as unknown as (
  message: Message,
  options?: BodyOptions,
) => string;
/** Waits for the JSON of a message. */
export const readJson = node.readJson as unknown as <T = unknown>(
  message: Message,
  options?: BodyOptions,
) => T;

/** What a response can have for a body: a function writes it while it is sent. */
export type Body =
  | string
  | Uint8Array
  | ReadableStream
  | ((writer: Writer<Bytes>) => unknown)
  | null;
/** A response. A plain call. */
export const reply = node.reply as unknown as (body?: Body, options?: ReplyOptions) => Response;
/** A response with a value as JSON. A plain call. */
export const replyJson: typeof node.replyJson = node.replyJson;
/** What sends events to a browser. */
export interface EventWriter {
  /** Waits until an event has been taken. */
  send(event: ServerEvent | string): void;
  /** Waits until a comment has been taken, which keeps the connection open. */
  ping(): void;
}
/** A response whose body is a stream of events. A plain call. */
export const replyEvents = node.replyEvents as unknown as (
  work: (events: EventWriter) => unknown,
  options?: ReplyOptions,
) => Response;
