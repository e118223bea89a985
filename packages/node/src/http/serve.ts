/** HTTP servers. */
import * as http from "node:http";
import {
  createServer,
  type IncomingMessage,
  type Server as NodeServer,
  ServerResponse,
  type ServerOptions,
} from "node:http";
import type { Http2ServerRequest, Http2ServerResponse, SecureServerOptions } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, Server as NetServer, type Socket } from "node:net";
import type { TlsOptions } from "node:tls";
import { moveOnAfter, type Op, type Routine, routine, type Scope, sleep } from "fibril";
import {
  CALLBACK,
  checkOptions,
  checkValue,
  gatherer,
  MILLISECONDS,
  type Rules,
  TEXT,
  wholeFrom,
} from "fibril/extend";
import { type CloseOptions, Life, type ServerState, type Stages } from "../net/life.js";
import { acceptsRest, closing, fails, listening, placeOf, remember } from "../net/listen.js";
import { checkPlace, COUNT, ignore, PORT, SETTINGS } from "../net/options.js";
import { type Answering, Exchange, request, type RequestHandler } from "./exchange.js";
import { http2Server, Sessions, StreamExchange } from "./http2.js";

/** Options of `serve`. */
export interface ServeOptions {
  /** The port, 0 for one that is free. */
  readonly port?: number | undefined;
  /** The address to listen on: all of the machine's by default. */
  readonly host?: string | undefined;
  /** The path of a Unix socket (or a pipe of Windows), instead of a port. */
  readonly path?: string | undefined;
  /** Keys and certificates, as `https.createServer` takes them: makes it a server of HTTPS. */
  readonly tls?: TlsOptions | undefined;
  /**
   * Serves HTTP/2 as well, with settings as `http2.createSecureServer` takes them, or true: over TLS, each client
   * chooses; without TLS there is only HTTP/2, for clients that know that. False by default.
   */
  readonly http2?: boolean | SecureServerOptions | undefined;
  /** Connections that may be open at a time: no limit by default. Node refuses those beyond it. */
  readonly limit?: number | undefined;
  /** Connections that may wait in the system's line. 511 by default. */
  readonly backlog?: number | undefined;
  /** Milliseconds for the handlers to finish when the server closes, or its scope is asked to end. 0 by default. */
  readonly grace?: number | undefined;
  /** Milliseconds without a byte either way after which a connection is destroyed: Infinity by default. */
  readonly idle?: number | undefined;
  /** Further settings of Node's server, such as `requestTimeout` and `maxHeaderSize`. */
  readonly node?: ServerOptions | undefined;
  /** For dumps and messages. */
  readonly name?: string | undefined;
  /**
   * Called with what a handler has thrown. Without it, that is reported to the host, as the error of any fiber that
   * nothing joins. The client is answered with 500 in either case.
   */
  readonly onError?: ((error: unknown, request: Request) => void) | undefined;
}

const RULES: Rules<ServeOptions> = {
  port: PORT,
  host: TEXT,
  path: TEXT,
  tls: SETTINGS,
  http2: {
    takes: "a boolean, or the options of http2.createSecureServer",
    holds: (value) => typeof value === "boolean" || (typeof value === "object" && value !== null),
  },
  limit: COUNT,
  backlog: wholeFrom(0),
  grace: MILLISECONDS,
  idle: MILLISECONDS,
  node: SETTINGS,
  name: TEXT,
  onError: CALLBACK,
};

/** What an HTTP server has done, in numbers. */
export interface HttpServerStats {
  /** Connections that are open. */
  readonly connections: number;
  /** Requests whose handler runs. */
  readonly running: number;
  /** Requests that came so far. */
  readonly requests: number;
  /** Handlers that have thrown something other than an HttpError. */
  readonly failed: number;
}

/** How long, in milliseconds, a connection that is kept alive may still bring a request when the server closes. */
const LAST_REQUESTS = 1_000;
/** How often it is looked, in milliseconds, whether all have ended. */
const POLL = 20;

const CORE: unique symbol = Symbol("fibril.server");
const AT: unique symbol = Symbol("fibril.exchanges");
interface Connected extends Socket {
  [CORE]: HttpCore;
  /** The request under way; a set when the client has sent several ahead. */
  [AT]: Exchange | Set<Exchange> | null;
}

function onSocketClose(this: Connected): void {
  this[CORE].connections--;
  const at = this[AT];
  this[AT] = null;
  if (at instanceof Set) for (const exchange of at) exchange.breaksOff();
  else at?.breaksOff();
}

export class HttpCore implements Stages, Answering {
  readonly server: NodeServer;
  readonly handler: RequestHandler;
  readonly onError: ServeOptions["onError"];
  readonly life: Life;
  handlers: Scope | null;
  /** Requests come in bursts. */
  gather: () => void;
  /** Requests that came before the scope of the handlers was open. */
  readonly early: Exchange[];
  /** Sockets that Node's HTTP does not know: of another protocol by now, or below TLS. */
  readonly unknown: Set<Socket>;
  readonly sessions: Sessions | null;
  accepted: number;
  connections: number;
  requests: number;
  running: number;
  failed: number;
  closing: boolean;

  constructor(options: ServeOptions, handler: RequestHandler) {
    const { tls, limit, idle, http2 = false } = options;
    const node: ServerOptions = Object.assign({}, options.node, UPGRADES);
    if (http2 !== false) {
      const settings = http2 === true ? {} : http2;
      this.server = http2Server({ ...(node as object), ...settings }, tls);
    } else {
      this.server = tls === undefined ? createServer(node) : createTlsServer({ ...node, ...tls });
    }
    if (limit !== undefined && Number.isFinite(limit)) this.server.maxConnections = limit;
    if (idle !== undefined && Number.isFinite(idle)) this.server.setTimeout(idle);
    this.handler = handler;
    this.onError = options.onError;
    this.life = new Life(this, options.grace ?? 0);
    this.handlers = null;
    this.gather = ignore;
    this.early = [];
    this.unknown = new Set();
    this.sessions = http2 === false ? null : new Sessions(this.server);
    this.accepted = this.connections = this.requests = this.running = this.failed = 0;
    this.closing = false;
    const { server } = this;
    server.on("connection", (socket: Socket) => {
      this.accepted++;
      if (tls !== undefined) remember(this.unknown, socket);
    });
    server.on(tls === undefined ? "connection" : "secureConnection", (socket: Connected) => {
      this.connections++;
      socket[CORE] = this;
      socket[AT] = null;
      socket.on("close", onSocketClose);
    });
    server.on("request", (incoming, outgoing) => this.begin(this.exchange(incoming, outgoing)));
    server.on("checkContinue", (incoming, outgoing) => {
      const exchange = this.exchange(incoming, outgoing);
      exchange.expects = true;
      this.begin(exchange);
    });
    server.on("upgrade", (incoming, socket, head) => {
      if (forWebSocket(incoming)) this.upgrade(incoming, socket as Socket, head);
      else plainly(server, incoming, socket as Socket, head);
    });
    // What is no request is answered by Node with 400.
  }

  exchange(incoming: IncomingMessage, outgoing: ServerResponse): Exchange {
    if (this.sessions === null || !StreamExchange.is(incoming)) {
      return new Exchange(this, incoming, outgoing);
    }
    const [asked, answer] = [incoming, outgoing] as unknown[];
    return new StreamExchange(this, asked as Http2ServerRequest, answer as Http2ServerResponse);
  }

  begin(exchange: Exchange): void {
    this.requests++;
    if (!(exchange instanceof StreamExchange)) {
      const socket = exchange.incoming.socket as Connected;
      const at = socket[AT];
      if (at === null) socket[AT] = exchange;
      else if (at instanceof Set) at.add(exchange);
      else socket[AT] = new Set([at, exchange]);
    }
    if (this.handlers === null) this.early.push(exchange);
    else this.start(exchange);
  }

  start(exchange: Exchange): void {
    const handlers = this.handlers as Scope;
    if (handlers.cancelled) return exchange.refuse();
    this.running++;
    this.gather();
    exchange.fiber = handlers.spawn(request, exchange);
  }

  left(exchange: Exchange): void {
    this.running--;
    if (exchange instanceof StreamExchange) return exchange.ended();
    const socket = exchange.incoming.socket as Connected;
    const at = socket[AT];
    if (at === exchange) socket[AT] = null;
    else if (at instanceof Set) at.delete(exchange);
  }

  /** A request for another protocol is a request like any other until a handler takes the socket. */
  upgrade(incoming: IncomingMessage, socket: Socket, head: Buffer): void {
    const outgoing = new ServerResponse(incoming);
    outgoing.shouldKeepAlive = false;
    outgoing.assignSocket(socket);
    outgoing.on("finish", () => {
      outgoing.detachSocket(socket);
      socket.end();
    });
    socket.on("error", ignore);
    remember(this.unknown, socket);
    const exchange = new Exchange(this, incoming, outgoing);
    exchange.head = head;
    this.begin(exchange);
  }

  open(handlers: Scope): void {
    this.handlers = handlers;
    this.gather = gatherer();
    this.server.on("error", (error) => handlers.spawn("a failure of the server", fails, error));
    for (const exchange of this.early.splice(0)) this.start(exchange);
  }

  /**
   * What the system has accepted already is served. A connection that is kept alive may have a request on its way; so it is
   * given a moment before it is closed, and told with each response that it was the last one.
   */
  *stop(): Routine<void> {
    this.closing = true;
    yield* acceptsRest(() => this.accepted);
    this.sessions?.close();
    // `close` of node:http would end the idle connections at once.
    if (this.server instanceof NetServer) NetServer.prototype.close.call(this.server);
    else (this.server as NodeServer).close();
  }

  *emptied(): Routine<void> {
    while (this.connections > 0) yield* sleep(POLL);
  }

  *drained(): Routine<void> {
    yield* moveOnAfter(LAST_REQUESTS, () => this.emptied());
    // One whose response was begun before the close may become idle at any time from here on.
    while (this.connections > 0) {
      // A server of HTTP/2 alone has none.
      this.server.closeIdleConnections?.();
      yield* sleep(POLL);
    }
  }

  destroy(): void {
    this.server.close();
    this.sessions?.destroy();
    this.server.closeAllConnections?.();
    for (const socket of this.unknown) socket.destroy();
  }
}

const forWebSocket = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.toLowerCase() === "websocket";

/** A newer Node asks; an older one knows no such option, and takes every upgrade. */
const UPGRADES: object = { shouldUpgradeCallback: forWebSocket };

/** The listener by which a server of HTTP begins to read a socket. Node exports it, but does not document it. */
const { _connectionListener: reads } = http as unknown as {
  readonly _connectionListener: (this: NodeServer, socket: Socket) => void;
};

/**
 * A client may offer another protocol, such as `h2c`, and has sent a request that is to be answered all the same. Node's
 * parser has stopped before its body, so it is read again from the start, without the offer.
 */
function plainly(
  server: NodeServer,
  { httpVersion, method, rawHeaders, url }: IncomingMessage,
  socket: Socket,
  head: Buffer,
): void {
  let text = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (/^upgrade$/i.test(rawHeaders[i] as string)) continue;
    text += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`;
  }
  socket.unshift(Buffer.concat([Buffer.from(`${text}\r\n`, "latin1"), head]));
  reads.call(server, socket);
}

/** A server of HTTP that listens. It is a child of the scope in which it was opened. */
export class HttpServer {
  readonly #core: HttpCore;
  /** The port, or undefined for a Unix socket. */
  readonly port: number | undefined;
  /** The address or the path that it listens on. */
  readonly address: string;
  /** Where it can be reached from this machine, such as `http://127.0.0.1:8080`; empty for a Unix socket. */
  readonly url: string;

  /** @internal */
  constructor(core: HttpCore, secure: boolean) {
    this.#core = core;
    const at = core.server.address() as AddressInfo | string;
    this.port = typeof at === "string" ? undefined : at.port;
    this.address = typeof at === "string" ? at : at.address;
    const any = this.address === "::" || this.address === "0.0.0.0";
    const host = any
      ? "localhost"
      : this.address.includes(":")
        ? `[${this.address}]`
        : this.address;
    this.url = this.port === undefined ? "" : `http${secure ? "s" : ""}://${host}:${this.port}`;
  }

  /**
   * Closes it: accepts nothing more, lets the handlers finish for `grace` milliseconds, cancels what is left, which
   * answers 503, and at last destroys the connections. Suspends until all handlers have ended. Clients that keep their
   * connections alive are told with their next response, or after a second, that it was the last one.
   */
  close(options: CloseOptions = {}): Op<void> {
    return closing(this.#core.life, options);
  }

  /** Where it is in its life. */
  get state(): ServerState {
    return this.#core.life.state;
  }

  /** What it has done, in numbers. A plain call. */
  stats(): HttpServerStats {
    const { connections, failed, requests, running } = this.#core;
    return { connections, running, requests, failed };
  }
}

const open = routine("serve", function* (options: ServeOptions, handler: RequestHandler) {
  const core = new HttpCore(options, handler);
  yield* listening(core.server, placeOf(options), () => core.destroy());
  core.life.start(options.name ?? `HTTP server at ${options.path ?? options.port}`);
  return new HttpServer(core, options.tls !== undefined);
}) as unknown as (options: ServeOptions, handler: RequestHandler) => Op<HttpServer>;

/**
 * Serves HTTP: runs `handler` in a fiber of its own for each request, and sends the Response that it returns. The fiber is
 * cancelled when the client breaks off.
 *
 * The request is a Web `Request`; `readText`, `readJson`, `readBytes` and `bodyOf` read its body in fibers. The response
 * is a Web `Response`, best one that `reply` has made. What the handler throws is answered with 500 and told, an
 * HttpError with its own status.
 *
 * Suspends until the server listens. Throws Node's error when it cannot (`EADDRINUSE`), RangeError and TypeError for
 * invalid options. The server is a child of the innermost scope, which it keeps open until `server.close()`; when
 * the scope is asked to end, the server closes with its `grace`.
 *
 * ```ts
 * import { run } from "fibril";
 * import { fetch, readText, reply, serve } from "@fibril/node";
 *
 * await run(function* () {
 *   const server = yield* serve({ port: 0, host: "127.0.0.1" }, function* (request) {
 *     const name = yield* readText(request);
 *     return reply(`hello, ${name}`);
 *   });
 *   const response = yield* fetch(server.url, { method: "POST", body: "fibers" });
 *   const text = yield* readText(response); // "hello, fibers"
 *   yield* server.close();
 * });
 * ```
 */
export function serve(options: ServeOptions, handler: RequestHandler): Op<HttpServer> {
  checkOptions("serve", options, RULES);
  checkPlace("serve", options);
  checkValue("serve", handler, CALLBACK);
  return open(options, handler);
}
