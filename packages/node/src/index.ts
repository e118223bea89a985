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

// HTTP.
export {
  bodyOf,
  type BodyOptions,
  type Message,
  readBytes,
  readJson,
  readText,
} from "./http/body.js";
export { HttpError } from "./http/error.js";
export type { Peer, RequestHandler } from "./http/exchange.js";
export { fetch } from "./http/fetch.js";
export { listener, type Listener } from "./http/listener.js";
export {
  type Body,
  type EventWriter,
  reply,
  replyEvents,
  replyJson,
  type ReplyOptions,
  type ServerEvent,
  type WritesBody,
} from "./http/reply.js";
export { type HttpServer, type HttpServerStats, serve, type ServeOptions } from "./http/serve.js";

// Many cores.
export {
  type Cluster,
  type ClusterOptions,
  type ClusterStats,
  openCluster,
} from "./cluster/cluster.js";
export { moduleAt, type ModuleAt } from "./workers/module.js";
export { parallel, type ParallelIntoOptions, type ParallelOptions } from "./workers/parallel.js";
export { sharedContext } from "./workers/shared-context.js";
export { transfer } from "./workers/transfer.js";
export {
  openWorkers,
  type Workers,
  type WorkersOptions,
  type WorkersStats,
} from "./workers/workers.js";
