/**
 * `@fibril/node/ws`: WebSockets as a pair of channels, by the `ws` package, which a program that uses them installs.
 */
import {
  Channel,
  daemon,
  defer,
  FiberError,
  type Op,
  type Routine,
  routine,
  suspend,
} from "fibril";
import { checkOptions, checkValue, type Rule, type Rules } from "fibril/extend";
import {
  type ClientOptions,
  type RawData,
  type ServerOptions,
  WebSocket,
  WebSocketServer,
} from "ws";
import { held } from "../held.js";
import { HttpError } from "../http/error.js";
import { IncomingRequest } from "../http/request.js";
import { COUNT, ignore, SETTINGS } from "../net/options.js";

/** A message: text, or bytes. */
export type WebSocketMessage = string | Uint8Array;

/** Options of all WebSockets. */
export interface WebSocketOptions {
  /** Messages that may wait in either direction. 16 by default; beyond that, the other side has to wait. */
  readonly capacity?: number | undefined;
}

/** Options of `acceptWebSocket`. */
export interface AcceptOptions extends WebSocketOptions {
  /** Further settings of `WebSocketServer`, such as `maxPayload` and `perMessageDeflate`. */
  readonly ws?: Omit<ServerOptions, "port" | "server" | "host" | "path" | "noServer"> | undefined;
}

/** Options of `openWebSocket`. */
export interface OpenOptions extends WebSocketOptions {
  /** Further settings of a `WebSocket` of ws, such as `headers` and `maxPayload`. */
  readonly ws?: ClientOptions | undefined;
}

const RULES: Rules<AcceptOptions & OpenOptions> = { capacity: COUNT, ws: SETTINGS };

/**
 * An open WebSocket: what is received from `incoming` was sent by the other side, and what is sent to `outgoing` goes
 * there. Both have back-pressure. `incoming` ends when the other side closes, and `outgoing.close()` closes this one.
 */
export class WebSocketChannels {
  /** What the other side has sent. It ends when the other side closes, and breaks when that breaks off. */
  readonly incoming: Channel<WebSocketMessage>;
  /** What is to be sent. Closing it closes the WebSocket in order. */
  readonly outgoing: Channel<WebSocketMessage>;
  /** The socket of ws. */
  readonly socket: WebSocket;

  /** @internal */
  constructor(socket: WebSocket, capacity: number) {
    this.socket = socket;
    this.incoming = new Channel(capacity, { name: "WebSocket: incoming" });
    this.outgoing = new Channel(capacity, { name: "WebSocket: outgoing" });
  }

  /** Closes it, with a code and a reason for the other side. A plain call. Throws TypeError for an invalid code. */
  close(code = 1000, reason = ""): void {
    this.socket.close(code, reason); // throws for an invalid code: then nothing is closed
    this.outgoing.close();
  }
}

/** In the innermost scope of the running fiber: what it starts ends with it, and so does the socket. */
function channelsOf(socket: WebSocket, { capacity = 16 }: WebSocketOptions): WebSocketChannels {
  const channels = new WebSocketChannels(socket, capacity);
  const { incoming, outgoing } = channels;
  /** Messages for which there was no room. Node's parser has read them before it could be paused. */
  const line: WebSocketMessage[] = [];
  let ended: { readonly error: unknown } | null = null;
  const finish = (): void => {
    if (ended === null || line.length > 0) return;
    if (ended.error === undefined) incoming.close();
    else incoming.close(ended.error);
  };
  let woken: (() => void) | null = null;
  const wake = (): void => woken?.();
  socket.on("message", (data: RawData, binary: boolean) => {
    const message = binary ? (data as Buffer) : (data as Buffer).toString();
    if (incoming.closed) return;
    if (line.length === 0 && incoming.trySend(message)) return;
    line.push(message);
    socket.pause();
    wake();
  });
  let failure: unknown;
  /** With what a program's `send` fails once the other side has closed. */
  let refusal: FiberError | null = null;
  socket.on("error", (error) => void (failure ??= error));
  socket.on("close", (code: number) => {
    const broken = code === 1006 ? brokenOff(failure) : failure;
    ended = { error: broken };
    outgoing.close((refusal = closedByOther(code, failure)));
    finish();
    wake();
  });
  daemon("WebSocket: incoming", function* (): Routine<void> {
    for (;;) {
      while (line.length > 0) {
        yield* incoming.send(line[0] as WebSocketMessage);
        line.shift();
      }
      finish();
      if (ended !== null) return;
      socket.resume();
      yield* suspend<void>("messages of a WebSocket", (go) => {
        woken = go;
        if (line.length > 0 || ended !== null) go();
        return () => void (woken = null);
      });
    }
  });
  daemon("WebSocket: outgoing", function* (): Routine<void> {
    try {
      yield* outgoing.each((message) => sent(socket, message));
    } catch (error) {
      // Only whoever sends is told of it: that the other side has closed is no failure of this scope.
      if (error === refusal) return;
      throw error;
    }
    socket.close(1000);
  });
  defer(({ ending }) => {
    try {
      // The fiber that sends has been cancelled, with the other daemons. What was accepted from a block that has returned
      // is sent all the same, as with a connection.
      if (ending === "returned" && socket.readyState === WebSocket.OPEN) {
        for (const message of outgoing.tryDrain()) socket.send(message);
      }
    } finally {
      // Also when one of them was no message, and `send` has thrown.
      if (socket.readyState === WebSocket.OPEN) socket.close(1000);
      const { readyState } = socket;
      if (readyState !== WebSocket.CLOSED) setTimeout(() => socket.terminate(), GOODBYE).unref();
      if (!incoming.closed) incoming.close();
      if (!outgoing.closed) outgoing.close();
    }
  });
  return channels;
}

/** Milliseconds for the other side to answer the goodbye. */
const GOODBYE = 2_000;

/** Sends the message even if its fiber has been cancelled, because then there is no wait in which it could be sent. */
function sent(socket: WebSocket, message: WebSocketMessage): Op<void> {
  let taken = false;
  let woken: (() => void) | null = null;
  // An error comes as the close as well, which tells whoever sends next.
  socket.send(message, () => {
    taken = true;
    woken?.();
  });
  return suspend("a WebSocket to take a message", (wake) => {
    if (taken) wake();
    woken = wake;
    return () => void (woken = null);
  });
}

function brokenOff(cause: unknown): FiberError {
  return new FiberError("broken", "the WebSocket was broken off by the other side", { cause });
}

function closedByOther(code: number, cause: unknown): FiberError {
  return new FiberError("broken", `the WebSocket was closed (${code})`, { cause });
}

/** Waits for a WebSocket to open. */
function opened(
  what: string,
  begin: (wake: (socket: WebSocket) => void, fail: (error: unknown) => void) => () => void,
): Routine<WebSocket> {
  return held<WebSocket>(
    (comes) =>
      suspend<WebSocket>(what, (wake, fail) =>
        begin((socket) => {
          socket.on("error", ignore);
          // What comes with the handshake waits for the fiber's turn.
          socket.pause();
          comes(socket);
          wake(socket);
        }, fail),
      ),
    (socket) => socket.terminate(),
  );
}

const accept = routine("acceptWebSocket", function* (request: Request, options: AcceptOptions) {
  const exchange = IncomingRequest.exchangeOf(request);
  if (exchange === undefined) {
    throw new TypeError(
      "acceptWebSocket takes the very request that serve has given to its handler",
    );
  }
  const { head } = exchange;
  if (head === null || exchange.incoming.headers.upgrade?.toLowerCase() !== "websocket") {
    throw new HttpError(426, "this is for WebSockets", {
      headers: { connection: "Upgrade", upgrade: "websocket" },
    });
  }
  const { incoming, outgoing } = exchange;
  const { socket } = incoming;
  exchange.taken = true;
  outgoing.detachSocket(socket);
  const server = new WebSocketServer({ ...options.ws, noServer: true });
  const open = yield* opened("a WebSocket's handshake", (wake, fail) => {
    const closes = (): void => fail(brokenOff(undefined));
    socket.once("close", closes);
    server.handleUpgrade(incoming, socket, head, (made) => {
      socket.removeListener("close", closes);
      wake(made);
    });
    return () => socket.destroy();
  });
  return channelsOf(open, options);
}) as unknown as (request: Request, options: AcceptOptions) => Op<WebSocketChannels>;

/**
 * Takes a request to `serve` for a WebSocket, which lives as long as its handler: the handler uses the channels, and
 * returns nothing.
 *
 * Suspends for the handshake. Throws HttpError of status 426 when the request is for none, FiberError of code `broken`
 * when the client breaks off, TypeError for a request that `serve` has not given; and Cancelled.
 *
 * ```ts
 * import { serve } from "@fibril/node";
 * import { acceptWebSocket } from "@fibril/node/ws";
 * import { run } from "fibril";
 *
 * await run(function* () {
 *   const server = yield* serve({ port: 0 }, function* (request) {
 *     const { incoming, outgoing } = yield* acceptWebSocket(request);
 *     yield* incoming.each((message) => outgoing.send(message));
 *     return undefined;
 *   });
 *   yield* server.close();
 * });
 * ```
 */
export function acceptWebSocket(
  request: Request,
  options: AcceptOptions = {},
): Op<WebSocketChannels> {
  checkOptions("acceptWebSocket", options, RULES);
  return accept(request, options);
}

const ADDRESS: Rule = {
  takes: "the URL of a WebSocket",
  holds: (value) => typeof value === "string" || value instanceof URL,
};

const connect = routine("openWebSocket", function* (url: string | URL, options: OpenOptions) {
  const socket = yield* opened(`a WebSocket to ${String(url)}`, (wake, fail) => {
    const made = new WebSocket(url, options.ws);
    const fails = (error: unknown): void => fail(error);
    made.once("error", fails);
    made.once("open", () => {
      made.removeListener("error", fails);
      wake(made);
    });
    return () => {
      made.removeListener("error", fails);
      made.on("error", ignore);
      made.terminate();
    };
  });
  return channelsOf(socket, options);
}) as unknown as (url: string | URL, options: OpenOptions) => Op<WebSocketChannels>;

/**
 * Opens a WebSocket. It belongs to the innermost scope of the running fiber, and is closed when that ends.
 *
 * Suspends until it is open. Throws the error of ws when it cannot be, TypeError and SyntaxError for what is not the URL of a
 * WebSocket; and Cancelled.
 *
 * ```ts
 * import { run } from "fibril";
 * import { serve } from "@fibril/node";
 * import { acceptWebSocket, openWebSocket } from "@fibril/node/ws";
 *
 * const answer = await run(function* () {
 *   const server = yield* serve({ port: 0 }, function* (request) {
 *     const { outgoing } = yield* acceptWebSocket(request);
 *     yield* outgoing.send("welcome");
 *     return undefined;
 *   });
 *   const { incoming } = yield* openWebSocket(server.url.replace("http", "ws"));
 *   const message = yield* incoming.receive();
 *   yield* server.close();
 *   return message;
 * });
 * answer; // "welcome"
 * ```
 */
export function openWebSocket(url: string | URL, options: OpenOptions = {}): Op<WebSocketChannels> {
  checkValue("openWebSocket", url, ADDRESS);
  checkOptions("openWebSocket", options, RULES);
  return connect(url, options);
}
