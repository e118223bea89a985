/**
 * `@fibril/node`: what a program on Fibril needs to talk to the world. Node's own modules do the protocols; these
 * functions put fibers in front of them.
 */
// Sockets.
export { type Bytes, Connection } from "./net/connection.js";
export { connect, type ConnectOptions } from "./net/connect.js";
export type { CloseOptions, ServerState } from "./net/life.js";
export {
  type ConnectionHandler,
  listen,
  type ListenOptions,
  Server,
  type ServerStats,
} from "./net/listen.js";
