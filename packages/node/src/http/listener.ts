/** Handlers under what other people's servers call: node:http, Express, Connect, Fastify. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { run, type RunOptions } from "fibril";
import { CALLBACK, checkValue } from "fibril/extend";
import { type Answering, Exchange, request, type RequestHandler } from "./exchange.js";

/** What servers of Node call with a request: `next` receives an error, where there is one. */
export type Listener = (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  next?: (error?: unknown) => void,
) => void;

class Borrowed implements Answering {
  readonly handler: RequestHandler;
  readonly closing = false;
  readonly onError = undefined;
  failed = 0;

  constructor(handler: RequestHandler) {
    this.handler = handler;
  }

  left(): void {}
}

/**
 * Makes a listener of a handler, for a server that is not ours: `http.createServer(listener(handler))`,
 * `app.get("/", listener(handler))` in Express. Each request is a run of its own, with the options of `run`, and is
 * cancelled when the client breaks off.
 *
 * A plain call. What the handler throws goes to `next`, if there is one and nothing was sent yet; otherwise it is
 * answered with 500, and rejects the run, which nobody handles.
 *
 * ```ts
 * import http from "node:http";
 * import { listener, reply } from "@fibril/node";
 *
 * const server = http.createServer(
 *   listener(function* (request) {
 *     return reply(`you asked for ${new URL(request.url).pathname}`);
 *   }),
 * );
 * server.listening; // false
 * ```
 */
export function listener(
  handler: RequestHandler,
  options: Omit<RunOptions, "signal"> = {},
): Listener {
  checkValue("listener", handler, CALLBACK);
  const answering = new Borrowed(handler);
  return (incoming, outgoing, next) => {
    const exchange = new Exchange(answering, incoming, outgoing);
    if (next !== undefined) exchange.pass = next;
    const running = run({ name: "request", ...options }, request, exchange);
    exchange.fiber = running.fiber;
    const breaks = (): void => {
      if (!outgoing.writableFinished) exchange.breaksOff();
    };
    outgoing.on("close", breaks);
    running.then(undefined, (error: unknown) => {
      if (!exchange.gone) throw error;
    });
  };
}
