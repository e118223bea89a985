/// <reference types="node" preserve="true" />
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

// Processes and signals.
export { exec, type ExecOptions, type ExecResult } from "./process/exec.js";
export { type ExitStatus, ProcessError } from "./process/error.js";
export type { ProcessOptions, SpawnProcessOptions, Stdio } from "./process/options.js";
export { type ExitOptions, Process, spawnProcess } from "./process/process.js";
export { onSignal, type OnSignalOptions } from "./process/signals.js";
export { stdinLines } from "./process/stdin.js";

// Files.
export { lines } from "./files/lines.js";
export {
  type FileReaderOptions,
  type FileWriterOptions,
  open,
  OpenFile,
  type OpenOptions,
} from "./files/open.js";
export { type Content, replaceFile, type ReplaceFileOptions } from "./files/replace.js";
export { tempDir, type TempDirOptions } from "./files/temp-dir.js";
export { walk, type WalkEntry, type WalkOptions } from "./files/walk.js";
export { type Change, watch, type WatchOptions } from "./files/watch.js";
export { readFile, writeFile, type WriteFileOptions } from "./files/whole.js";

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
