/** Clients: a connection to somewhere. */
import { connect as connectNet, type NetConnectOpts, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { type Op, resource, type Routine, routine, suspend } from "fibril";
import { checkOptions, checkScheduled, FLAG, MILLISECONDS, type Rules, TEXT } from "fibril/extend";
import { held } from "../held.js";
import { Connection } from "./connection.js";
import { checkPlace, ignore, PORT } from "./options.js";

/** Options of `connect`. */
export interface ConnectOptions {
  /** The port of the other side. */
  readonly port?: number | undefined;
  /** The name or address of the other side: `localhost` by default. */
  readonly host?: string | undefined;
  /** The path of a Unix socket (or a pipe of Windows), instead of a port. */
  readonly path?: string | undefined;
  /** Settings as `tls.connect` takes them, or true: makes it a connection of TLS. */
  readonly tls?: ConnectionOptions | boolean | undefined;
  /** Milliseconds to wait, when its scope ends, for the other side to read the rest. 2,000 by default. */
  readonly linger?: number | undefined;
  /** Whether small writes are sent at once: true by default. */
  readonly noDelay?: boolean | undefined;
  /** For dumps and messages. */
  readonly name?: string | undefined;
}

const RULES: Rules<ConnectOptions> = {
  port: PORT,
  host: TEXT,
  path: TEXT,
  tls: {
    takes: "a boolean, or the options of tls.connect",
    holds: (value) => typeof value === "boolean" || (typeof value === "object" && value !== null),
  },
  linger: MILLISECONDS,
  noDelay: FLAG,
  name: TEXT,
};

function opening(options: ConnectOptions, opens: (socket: Socket) => void): Op<Socket> {
  const { port, host, path, tls = false, noDelay = true } = options;
  const where = path ?? `${host ?? "localhost"}:${port}`;
  return suspend(`a connection to ${where}`, (wake, fail) => {
    const place = path === undefined ? { port, ...(host === undefined ? {} : { host }) } : { path };
    const settings = { ...place, noDelay, allowHalfOpen: true };
    const socket =
      tls === false
        ? connectNet(settings as NetConnectOpts)
        : connectTls({
            ...(host === undefined ? {} : { servername: host }),
            ...(tls === true ? {} : tls),
            ...(settings as ConnectionOptions),
          });
    const ready = tls === false ? "connect" : "secureConnect";
    const forget = (): void => {
      socket.removeListener(ready, connects);
      socket.removeListener("error", fails);
    };
    const connects = (): void => {
      forget();
      // The fiber has its turn a little later; what the socket has to say waits until then.
      socket.pause();
      socket.on("error", ignore);
      opens(socket);
      wake(socket);
    };
    const fails = (error: unknown): void => {
      forget();
      socket.on("error", ignore);
      fail(error);
    };
    socket.once(ready, connects);
    socket.once("error", fails);
    return () => {
      forget();
      socket.on("error", ignore);
      socket.destroy();
    };
  });
}

/**
 * Opens a connection: TCP, a Unix socket, or TLS. It belongs to the innermost scope of the running fiber, and is
 * closed when that ends: in order when the scope's block has returned, at once otherwise. A loop that opens many gives
 * each a `scope` of its own.
 *
 * Suspends until it is open. Throws Node's error when it cannot be (`ECONNREFUSED`, `ENOTFOUND`, one of a certificate),
 * RangeError and TypeError for invalid options; and Cancelled. For a time limit, use `failAfter`.
 *
 * ```ts
 * import { run } from "fibril";
 * import { connect, listen } from "@fibril/node";
 *
 * const line = await run(function* () {
 *   const server = yield* listen({ port: 0, host: "127.0.0.1" }, (connection) => connection.write("welcome\n"));
 *   const client = yield* connect({ port: server.port, host: "127.0.0.1" });
 *   const first = yield* client.lines().read();
 *   yield* server.close();
 *   return first;
 * });
 * line; // "welcome"
 * ```
 */
export function connect(options: ConnectOptions): Op<Connection> {
  checkOptions("connect", options, RULES);
  checkPlace("connect", options);
  checkScheduled("connect");
  return connects(options);
}

const connects = routine("connect", function* (options: ConnectOptions) {
  return yield* resource(
    function* () {
      const socket = yield* held<Socket>(
        (opens) => opening(options, opens),
        (late) => late.destroy(),
      );
      return new Connection(socket, options.name ?? "");
    },
    function* (connection, { ending }): Routine<void> {
      try {
        if (ending === "returned") yield* connection._finish(options.linger ?? 2_000);
      } catch {
        // The other side has broken off, and there is nobody left to whom it matters.
      } finally {
        connection.close();
      }
    },
    { cancellable: true },
  );
});
