/** A request and what is made of it, from its arrival to the end of its response. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import {
  Cancelled,
  type Fiber,
  FiberError,
  pipe,
  Reader,
  type Routine,
  type Waitable,
  Writer,
} from "fibril";
import { calling, shown } from "fibril/extend";
import type { Bytes } from "../net/connection.js";
import { HttpError } from "./error.js";
import { type Body, flat, Reply, reply } from "./reply.js";
import { IncomingRequest } from "./request.js";

/** Who asks. */
export interface Peer {
  /** The client's address, or undefined when it is gone, or came by a Unix socket. */
  readonly address: string | undefined;
  /** Node's own socket; in HTTP/2, Node's stand-in for the one that all streams of a connection share. */
  readonly socket: Socket;
}

/** A routine for one request. It is cancelled when the client breaks off. */
export type RequestHandler = (
  request: Request,
  peer: Peer,
) => Waitable<Response | undefined, any, any>;

/** What a request belongs to. */
export interface Answering {
  readonly handler: RequestHandler;
  /** Whether connections are to end with the response under way. */
  readonly closing: boolean;
  /** Receives what a handler has thrown; without it, the fiber of the request throws it. */
  readonly onError: ((error: unknown, request: Request) => void) | undefined;
  failed: number;
  left(exchange: Exchange): void;
}

export class Exchange implements Peer {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly answering: Answering;
  readonly request: Request;
  fiber: Fiber | null;
  /** The client has broken off. */
  gone: boolean;
  /** The client waits for `100 Continue` before it sends the body. */
  expects: boolean;
  /** The first bytes of an upgraded connection; the socket is somebody else's once it is taken. */
  head: Buffer | null;
  taken: boolean;
  /** Answers in its place when a handler has thrown and nothing is sent yet. */
  pass: ((error: unknown) => void) | null;
  #controller: AbortController | null;

  constructor(answering: Answering, incoming: IncomingMessage, outgoing: ServerResponse) {
    this.answering = answering;
    this.incoming = incoming;
    this.outgoing = outgoing;
    this.fiber = null;
    this.gone = false;
    this.expects = false;
    this.head = null;
    this.taken = false;
    this.pass = null;
    this.#controller = null;
    this.request = new IncomingRequest(this) as unknown as Request;
  }

  get socket(): Socket {
    return this.incoming.socket;
  }

  get address(): string | undefined {
    return this.incoming.socket.remoteAddress;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.gone) this.#controller.abort(BROKE_OFF);
    return this.#controller.signal;
  }

  /** The body is wanted. */
  continues(): void {
    if (!this.expects) return;
    this.expects = false;
    this.outgoing.writeContinue();
  }

  breaksOff(): void {
    this.gone = true;
    this.#controller?.abort(BROKE_OFF);
    if (this.fiber?.alive === true) this.fiber.cancel(BROKE_OFF);
  }

  /** Sends a response whose body is there; answers whether it was one. */
  sendsAtOnce(response: unknown): boolean {
    if (!Reply.is(response)) return false;
    const body = response._body;
    const isText = typeof body === "string";
    if (!isText && body !== null && !(body instanceof Uint8Array)) return false;
    const size = isText ? Buffer.byteLength(body) : (body?.length ?? 0);
    this.begins(response, response._flat(mayHaveBody(response.status) ? size : null));
    this.finish(body);
    return true;
  }

  /** Sends a response whose body comes in pieces. */
  *stream(response: Response): Routine<void> {
    const { outgoing } = this;
    const body: Body = Reply.is(response) ? response._body : response.body;
    this.begins(response, Reply.is(response) ? response._flat(null) : flat(response.headers));
    if (body === null || this.incoming.method === "HEAD" || !mayHaveBody(response.status)) {
      if (body instanceof ReadableStream) Reader.from(body).close();
      this.finish(null);
      return;
    }
    outgoing.flushHeaders();
    const writer = Writer.from<Bytes>(this.target);
    if (typeof body === "function") {
      yield* calling(body, writer);
      if (!writer.closed) yield* writer.end();
    } else yield* pipe(Reader.from(body as ReadableStream), writer);
  }

  /** Does not begin it. */
  refuse(): void {
    this.socket.destroy();
  }

  /** Part of the response is sent: only the end of the connection says that it is not whole. */
  giveUp(): void {
    this.socket.destroy();
  }

  /** Where a body that comes in pieces is written to. */
  protected get target(): Writable {
    return this.outgoing;
  }

  /** Ends the response, with the rest of its body. */
  protected finish(body: string | Uint8Array | null): void {
    this.outgoing.end(body);
  }

  protected begins(response: Response | Reply, headers: string[]): void {
    const { outgoing } = this;
    if (this.answering.closing) outgoing.shouldKeepAlive = false;
    const { status, statusText } = response;
    if (statusText === "") outgoing.writeHead(status, headers);
    else outgoing.writeHead(status, statusText, headers);
  }

  fails(error: unknown): void {
    const { answering, outgoing } = this;
    const cancelled = error instanceof Cancelled;
    if (this.gone) {
      // There is nobody to answer. What the handler threw on its way out is told all the same.
      if (cancelled) throw error;
      if (error instanceof FiberError && error.code === "broken") return;
    } else if (this.pass !== null && !cancelled && !outgoing.headersSent) {
      return this.pass(error);
    } else if (outgoing.headersSent || this.taken) {
      this.giveUp();
    } else {
      const known = error instanceof HttpError;
      const { headers, message, status } = known ? error : new HttpError(cancelled ? 503 : 500);
      this.sendsAtOnce(reply(`${message}\n`, { status, headers }));
      if (known) return;
    }
    if (cancelled) throw error;
    answering.failed++;
    if (answering.onError === undefined) throw error;
    answering.onError(error, this.request);
  }
}

/** The fiber of a request; dumps show its name. */
export function* request(exchange: Exchange): Routine<void> {
  const { answering } = exchange;
  let killed = true;
  try {
    const response = yield* calling(answering.handler, exchange.request, exchange);
    if (!exchange.taken && !exchange.sendsAtOnce(response)) {
      yield* exchange.stream(checked(response));
    }
    killed = false;
  } catch (error) {
    killed = false;
    exchange.fails(error);
  } finally {
    // Nobody will answer, and the client would wait for that. A WebSocket closes with the handler's scope.
    if (killed && !exchange.taken) exchange.giveUp();
    answering.left(exchange);
  }
}

const BROKE_OFF = "the client broke off";

export function mayHaveBody(status: number): boolean {
  return status !== 204 && status !== 304;
}

function checked(response: unknown): Response {
  if (response instanceof Response) return response;
  throw new TypeError(`a handler of requests returns a Response, not ${shown(response)}`);
}
