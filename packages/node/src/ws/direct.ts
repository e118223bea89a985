/**
 * `@fibril/node/ws/direct`: what `@fibril/node/ws` has, with the types of direct style: see `fibril/direct`.
 *
 * ```ts
 * "use fibers";
 * import { run } from "fibril/direct";
 * import { reply, serve } from "@fibril/node/direct";
 * import { acceptWebSocket, openWebSocket } from "@fibril/node/ws/direct";
 *
 * await run(() => {
 *   const server = serve({ port: 0 }, (request) => {
 *     if (request.headers.get("upgrade") !== "websocket") return reply("a WebSocket, please");
 *     const { incoming, outgoing } = acceptWebSocket(request);
 *     incoming.each((message) => outgoing.send(message));
 *     return undefined;
 *   });
 *   const socket = openWebSocket(server.url.replace("http", "ws"));
 *   socket.outgoing.send("hello");
 *   const echo = socket.incoming.receive();
 *   assert.equal(echo, "hello");
 *   socket.close();
 *   server.close();
 * });
 * ```
 */
import type { Channel } from "fibril/direct";
import * as ws from "./index.js";
import type { AcceptOptions, OpenOptions, WebSocketMessage } from "./index.js";

/** A WebSocket as two channels. */
export interface WebSocketChannels extends Omit<ws.WebSocketChannels, "incoming" | "outgoing"> {
  /** What the other side sends. */
  readonly incoming: Channel<WebSocketMessage>;
  /** What is sent to it. */
  readonly outgoing: Channel<WebSocketMessage>;
}
export const WebSocketChannels = ws.WebSocketChannels as unknown as abstract new (
  ...args: never
) => WebSocketChannels;
/** Accepts the WebSocket for which a request asks. */
export const acceptWebSocket = ws.acceptWebSocket as unknown as (
  request: Request,
  options?: AcceptOptions,
) => WebSocketChannels;
/** Opens a WebSocket. */
export const openWebSocket = ws.openWebSocket as unknown as (
  url: string | URL,
  options?: OpenOptions,
) => WebSocketChannels;
