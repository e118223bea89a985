/** Servers of plain connections: TCP, TLS and Unix sockets. */
import { type AddressInfo, createServer, type Server as NodeServer, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import {
  Cancelled,
  type Op,
  type Routine,
  routine,
  type Scope,
  suspend,
  type Waitable,
} from "fibril";
import {
  calling,
  CALLBACK,
  checkOptions,
  checkValue,
  FLAG,
  gatherer,
  MILLISECONDS,
  type Rules,
  TEXT,
  wholeFrom,
} from "fibril/extend";
import { held } from "../held.js";
import { Connection } from "./connection.js";
import { type CloseOptions, Life, type ServerState, type Stages } from "./life.js";
import { checkPlace, COUNT, ignore, PORT, SETTINGS } from "./options.js";

/** Options of `listen`. */
export interface ListenOptions {
  /** The port, 0 for one that is free. */
  readonly port?: number | undefined;
  /** The address to listen on: all of the machine's by default. */
  readonly host?: string | undefined;
  /** The path of a Unix socket (or a pipe of Windows), instead of a port. */
  readonly path?: string | undefined;
  /** Keys and certificates, as `tls.createServer` takes them: makes it a server of TLS. */
  readonly tls?: TlsOptions | undefined;
  /** Handlers that may run at a time: no limit by default. Connections beyond it wait, unread. */
  readonly limit?: number | undefined;
  /** Connections that may wait beyond the limit, and in the system's own line. Others are refused. 511 by default. */
  readonly backlog?: number | undefined;
  /** Milliseconds for the handlers to finish when the server closes, or its scope is asked to end. 0 by default. */
  readonly grace?: number | undefined;
  /** Milliseconds to wait, after a handler has returned, for the other side to read the rest. 2,000 by default. */
  readonly linger?: number | undefined;
  /** Whether small writes are sent at once: true by default. */
  readonly noDelay?: boolean | undefined;
  /** For dumps and messages. */
  readonly name?: string | undefined;
  /**
   * Called with the error of a handler, also when the other side has broken off. Without it, an error of the program's
   * is reported to the host, as that of any fiber that nothing joins, and what the other side did is not.
   */
  readonly onError?: ((error: unknown, connection: Connection | undefined) => void) | undefined;
}

const RULES: Rules<ListenOptions> = {
  port: PORT,
  host: TEXT,
  path: TEXT,
  tls: SETTINGS,
  limit: COUNT,
  backlog: wholeFrom(0),
  grace: MILLISECONDS,
  linger: MILLISECONDS,
  noDelay: FLAG,
  name: TEXT,
  onError: CALLBACK,
};

/** A routine for one connection. */
export type ConnectionHandler = (connection: Connection) => Waitable<unknown, any, any>;

/** What a server has done, in numbers. */
export interface ServerStats {
  /** Connections whose handler runs. */
  readonly connections: number;
  /** Connections that wait because of the limit. */
  readonly waiting: number;
  /** Connections that were accepted so far. */
  readonly accepted: number;
  /** Connections that were closed at once, because too many waited. */
  readonly refused: number;
  /** Handlers that have thrown. */
  readonly failed: number;
}

class Listening implements Stages {
  readonly server: NodeServer;
  readonly handler: ConnectionHandler;
  readonly limit: number;
  readonly linger: number;
  readonly name: string;
  readonly onError: ListenOptions["onError"];
  /** Sockets that have a fiber, which may not have begun. */
  readonly served: Set<Socket>;
  /** Connections that are not served yet, the oldest first. */
  readonly line: Set<Socket>;
  /** What stands below connections of TLS, from before their handshake on. */
  readonly shaking: Set<Socket>;
  handlers: Scope | null;
  gather: () => void;
  running: number;
  /** Connections before the handshake of TLS, if there is one. */
  taken: number;
  accepted: number;
  refused: number;
  failed: number;

  constructor(options: ListenOptions, handler: ConnectionHandler) {
    const {
      tls,
      limit = Number.POSITIVE_INFINITY,
      backlog = 511,
      linger = 2_000,
      noDelay = true,
    } = options;
    const settings = { allowHalfOpen: true, noDelay };
    this.server =
      // A handshake whose client has ended is over; only what follows it may be half-closed.
      tls === undefined ? createServer(settings) : createTlsServer({ ...tls, noDelay });
    this.handler = handler;
    this.limit = limit;
    this.linger = linger;
    this.name = options.name ?? "";
    this.onError = options.onError;
    this.served = new Set();
    this.line = new Set();
    this.shaking = new Set();
    this.handlers = null;
    this.gather = ignore;
    this.running = this.taken = this.accepted = this.refused = this.failed = 0;
    if (limit !== Number.POSITIVE_INFINITY) this.server.maxConnections = limit + backlog;
    this.server.on("connection", (socket: Socket) => {
      this.taken++;
      if (tls !== undefined) remember(this.shaking, socket);
    });
    this.server.on(tls === undefined ? "connection" : "secureConnection", (socket: Socket) =>
      this.accept(socket),
    );
    this.server.on("drop", () => void this.refused++);
    // What a stranger does before it is a connection, such as speaking no TLS, concerns nobody.
    this.server.on("tlsClientError", (error: Error) => this.onError?.(error, undefined));
  }

  accept(socket: Socket): void {
    this.accepted++;
    socket.allowHalfOpen = true;
    // It may go away before its fiber has a turn, and an error that nobody listens to would end the program.
    socket.on("error", ignore);
    if (this.handlers !== null && this.running < this.limit) return this.serve(socket);
    socket.pause();
    this.line.add(socket);
    socket.once("close", () => this.line.delete(socket));
  }

  open(handlers: Scope): void {
    this.handlers = handlers;
    this.gather = gatherer();
    // An error of the listening socket, such as too many open files, does not end it.
    this.server.on("error", (error) => this.tell(error));
    this.next();
  }

  next(): void {
    for (const socket of this.line) {
      if (this.running >= this.limit) return;
      this.line.delete(socket);
      if (!socket.destroyed) this.serve(socket);
    }
  }

  serve(socket: Socket): void {
    const handlers = this.handlers as Scope;
    // A handshake may end when the handlers have been cancelled.
    if (handlers.cancelled) return void socket.destroy();
    this.running++;
    this.served.add(socket);
    this.gather();
    handlers.spawn(connection, this, socket);
  }

  tell(error: unknown): void {
    this.failed++;
    if (this.onError !== undefined) return this.onError(error, undefined);
    this.handlers?.spawn("a failure of the server", fails, error);
  }

  *stop(): Routine<void> {
    yield* acceptsRest(() => this.taken);
    this.server.close();
  }

  *drained(): Routine<void> {
    const { server } = this;
    yield* suspend("its connections to end", (wake) => {
      const told = (): void => wake();
      server.once("close", told);
      // Node says it once, and it may have said it already.
      server.getConnections((_error, count) => count === 0 && wake());
      return () => server.removeListener("close", told);
    });
  }

  destroy(): void {
    this.server.close();
    for (const socket of this.line) socket.destroy();
    for (const socket of this.shaking) socket.destroy();
    for (const socket of this.served) socket.destroy();
  }
}

/**
 * Takes what stands in the system's line before that goes away: Node takes one connection out of it each time that the
 * event loop goes round.
 */
export function* acceptsRest(accepted: () => number): Routine<void> {
  // As many as stand in a long line. With clients that never stop coming, there would be no end.
  let before = -1;
  for (let rounds = 0; rounds < 1_024 && before !== accepted(); rounds++) {
    before = accepted();
    for (let turns = 0; turns < 2; turns++) yield* suspend((wake) => void setImmediate(wake));
  }
}

/** Keeps a socket in a set for as long as it is open. */
export function remember(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  socket.on("close", () => sockets.delete(socket));
}

/** The fiber of a failure that belongs to no connection. */
// oxlint-disable-next-line require-yield -- a routine that fails
export function* fails(error: unknown): Routine<void> {
  throw error;
}

/** The fiber of a connection; dumps show its name. */
function* connection(listening: Listening, socket: Socket): Routine<void> {
  const opened = new Connection(socket, listening.name);
  try {
    yield* calling(listening.handler, opened);
    yield* opened._finish(listening.linger);
  } catch (error) {
    if (error instanceof Cancelled) throw error;
    listening.failed++;
    // A failure of the program's is told as that of any fiber that nothing joins: by throwing it.
    if (listening.onError !== undefined) listening.onError(error, opened);
    else if (!opened._isBroken(error)) throw error;
  } finally {
    opened.close();
    listening.served.delete(socket);
    listening.running--;
    listening.next();
  }
}

/** A server that listens. It is a child of the scope in which it was opened. */
export class Server {
  readonly #listening: Listening;
  readonly #life: Life;
  /** The port, or undefined for a Unix socket. */
  readonly port: number | undefined;
  /** The address or the path that it listens on. */
  readonly address: string;

  /** @internal */
  constructor(listening: Listening, life: Life) {
    this.#listening = listening;
    this.#life = life;
    const at = listening.server.address() as AddressInfo | string;
    this.port = typeof at === "string" ? undefined : at.port;
    this.address = typeof at === "string" ? at : at.address;
  }

  /**
   * Closes it: accepts nothing more, lets the handlers finish for `grace` milliseconds, cancels what is left, and at
   * last destroys the sockets. Suspends until all handlers have ended. A second call may shorten the grace.
   */
  close(options: CloseOptions = {}): Op<void> {
    return closing(this.#life, options);
  }

  /** Where it is in its life. */
  get state(): ServerState {
    return this.#life.state;
  }

  /** What it has done, in numbers. A plain call. */
  stats(): ServerStats {
    const { accepted, failed, line, refused, running } = this.#listening;
    return { connections: running, waiting: line.size, accepted, refused, failed };
  }
}

export const closing = routine("server.close", (life: Life, options: CloseOptions) =>
  life.close(options),
) as (life: Life, options: CloseOptions) => Op<any>;

/** Listens, and results when it does; `giveUp` is called when that is of no use any more. */
export function listening(server: NodeServer, place: object, giveUp: () => void): Routine<void> {
  return held<void>(
    (comes) =>
      suspend("the server to listen", (wake, fail) => {
        const listens = (): void => {
          server.removeListener("error", fail);
          comes();
          wake();
        };
        server.once("error", fail);
        server.once("listening", listens);
        server.listen(place);
        return () => {
          server.removeListener("error", fail);
          server.removeListener("listening", listens);
          giveUp();
        };
      }),
    giveUp,
  );
}

export function placeOf({
  port,
  host,
  path,
  backlog,
}: Pick<ListenOptions, "port" | "host" | "path" | "backlog">): object {
  return path === undefined ? { port, host, backlog } : { path, backlog };
}

const open = routine("listen", function* (options: ListenOptions, handler: ConnectionHandler) {
  const core = new Listening(options, handler);
  yield* listening(core.server, placeOf(options), () => core.destroy());
  const life = new Life(core, options.grace ?? 0);
  life.start(options.name ?? `server at ${options.path ?? options.port}`);
  return new Server(core, life);
}) as unknown as (options: ListenOptions, handler: ConnectionHandler) => Op<Server>;

/**
 * Listens for connections, and runs `handler` in a fiber of its own for each: on a port or a Unix socket, with TLS if
 * `tls` is given.
 *
 * Suspends until it listens. Throws Node's error when it cannot (`EADDRINUSE`), RangeError and TypeError for invalid
 * options. The server is a child of the innermost scope, which it keeps open until `server.close()`; when the
 * scope is asked to end, the server closes with its `grace`. The error of one handler never reaches another.
 *
 * ```ts
 * import { run } from "fibril";
 * import { connect, listen } from "@fibril/node";
 *
 * await run(function* () {
 *   const server = yield* listen({ port: 0, host: "127.0.0.1" }, function* (connection) {
 *     yield* connection.lines().each((line) => connection.write(`${line}!\n`));
 *   });
 *   const client = yield* connect({ port: server.port, host: "127.0.0.1" });
 *   yield* client.write("hello\n");
 *   yield* client.lines().read(); // "hello!"
 *   yield* server.close();
 * });
 * ```
 */
export function listen(options: ListenOptions, handler: ConnectionHandler): Op<Server> {
  checkOptions("listen", options, RULES);
  checkPlace("listen", options);
  checkValue("listen", handler, CALLBACK);
  return open(options, handler);
}
