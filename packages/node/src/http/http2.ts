/**
 * HTTP/2: the same exchanges, each on a stream of a connection that they share. So a client that breaks off resets its
 * stream, and whatever goes wrong in one stream leaves the others alone.
 */
import type {
  IncomingMessage,
  OutgoingHttpHeaders,
  Server as HttpServer,
  ServerResponse,
} from "node:http";
import {
  constants,
  createSecureServer,
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { TlsOptions } from "node:tls";
import { ignore } from "../net/options.js";
import { type Answering, Exchange, mayHaveBody } from "./exchange.js";
import type { Reply } from "./reply.js";

/** Streams that a client may have open at a time on one connection. Node's own default is no limit. */
const STREAMS = 100;

/** Headers of one connection, which HTTP/2 does not have; Node would warn of each. */
const OF_CONNECTIONS: ReadonlySet<string> = new Set([
  "connection",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
]);

/**
 * A server of HTTP/2: over TLS of HTTP/1.1 as well, as the client prefers; without TLS for clients that know beforehand
 * that it speaks HTTP/2.
 */
export function http2Server(given: SecureServerOptions, tls: TlsOptions | undefined): HttpServer {
  const options = { ...given, settings: { maxConcurrentStreams: STREAMS, ...given.settings } };
  const server =
    tls === undefined
      ? createServer(options)
      : createSecureServer({ allowHTTP1: true, ...options, ...tls });
  return server as unknown as HttpServer;
}

/** The connections of HTTP/2. */
export class Sessions {
  readonly #open: Set<ServerHttp2Session>;
  #closing: boolean;

  constructor(server: HttpServer) {
    this.#open = new Set();
    this.#closing = false;
    server.on("session", (session: ServerHttp2Session) => {
      this.#open.add(session);
      session.on("close", () => void this.#open.delete(session));
      if (this.#closing) session.close();
    });
    // What is no HTTP/2 ends its own connection, and concerns nobody else.
    server.on("sessionError", ignore);
  }

  /** Tells the clients, by GOAWAY, that no further stream will be served. Those that are open go on. */
  close(): void {
    this.#closing = true;
    for (const session of this.#open) session.close();
  }

  destroy(): void {
    for (const session of this.#open) session.destroy();
  }
}

export class StreamExchange extends Exchange {
  readonly #stream: ServerHttp2Stream;
  readonly #outgoing: Http2ServerResponse;
  #over: boolean;

  constructor(answering: Answering, incoming: Http2ServerRequest, outgoing: Http2ServerResponse) {
    super(answering, incoming as unknown as IncomingMessage, outgoing as unknown as ServerResponse);
    this.#stream = outgoing.stream;
    this.#outgoing = outgoing;
    this.#over = false;
    // The close says the same, and whoever reads or writes is told.
    incoming.on("error", ignore);
    this.#stream.on("error", ignore);
    this.#stream.on("close", () => {
      // Node ends the writing of a stream that was broken off, so that it looks finished.
      const { aborted, rstCode, writableFinished } = this.#stream;
      const whole = !aborted && writableFinished && rstCode === constants.NGHTTP2_NO_ERROR;
      if (!this.#over && !whole) this.breaksOff();
    });
  }

  static is(incoming: { readonly httpVersionMajor: number }): boolean {
    return incoming.httpVersionMajor === 2;
  }

  /** Its fiber has ended. */
  ended(): void {
    this.#over = true;
  }

  /** Takes it back unserved: the client may send it again elsewhere. */
  override refuse(): void {
    this.#stream.close(constants.NGHTTP2_REFUSED_STREAM);
  }

  override giveUp(): void {
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  protected override get target(): ServerHttp2Stream {
    return this.#stream;
  }

  protected override begins({ status }: Response | Reply, list: string[]): void {
    const headers: OutgoingHttpHeaders = {};
    for (let i = 0; i < list.length; i += 2) {
      const name = (list[i] as string).toLowerCase();
      const value = list[i + 1] as string;
      if (OF_CONNECTIONS.has(name)) continue;
      const before = headers[name] as string | string[] | undefined;
      headers[name] = before === undefined ? value : [before, value].flat();
    }
    this.#outgoing.writeHead(status, headers);
  }

  /** The stream has ended with the headers where there is no body, and may not be written to. */
  protected override finish(body: string | Uint8Array | null): void {
    const bare =
      body === null || this.incoming.method === "HEAD" || !mayHaveBody(this.#outgoing.statusCode);
    if (bare) this.#outgoing.end();
    else this.#outgoing.end(body);
  }
}
