/**
 * `@fibril/node/direct`: what `@fibril/node` has, with the types of direct style: see `fibril/direct`. At run time, these
 * are the same functions and classes.
 *
 * ```ts
 * "use fibers";
 * import { run } from "fibril/direct";
 * import { exec, fetch, readText, reply, serve } from "@fibril/node/direct";
 *
 * await run(() => {
 *   const server = serve({ port: 0 }, () => reply(exec("node", ["-p", "6 * 7"]).stdout));
 *   const text = readText(fetch(server.url));
 *   text.trim(); // "42"
 *   server.close();
 * });
 * ```
 */
export { connect, Connection, listen, type ListenOptions, Server } from "./direct/sockets.js";
export {
  type Body,
  bodyOf,
  type EventWriter,
  fetch,
  type HttpServer,
  listener,
  readBytes,
  readJson,
  readText,
  reply,
  replyEvents,
  replyJson,
  type RequestHandler,
  serve,
} from "./direct/http.js";
export { exec, onSignal, Process, spawnProcess, stdinLines } from "./direct/processes.js";
export {
  lines,
  open,
  OpenFile,
  readFile,
  replaceFile,
  tempDir,
  walk,
  watch,
  writeFile,
} from "./direct/files.js";
export {
  type Cluster,
  openCluster,
  openWorkers,
  parallel,
  type ParallelIntoOptions,
  sharedContext,
  type Workers,
} from "./direct/threads.js";
// What does not wait is the same in both styles.
export { HttpError, moduleAt, ProcessError, transfer } from "./index.js";
// Types that are the same in both styles.
export type {
  BodyOptions,
  Bytes,
  Change,
  CloseOptions,
  ClusterOptions,
  ClusterStats,
  ConnectOptions,
  ExecOptions,
  ExecResult,
  ExitOptions,
  ExitStatus,
  FileReaderOptions,
  FileWriterOptions,
  HttpServerStats,
  Listener,
  Message,
  ModuleAt,
  OnSignalOptions,
  OpenOptions,
  ParallelOptions,
  Peer,
  ProcessOptions,
  ReplaceFileOptions,
  ReplyOptions,
  ServeOptions,
  ServerEvent,
  ServerState,
  ServerStats,
  SpawnProcessOptions,
  Stdio,
  TempDirOptions,
  WalkEntry,
  WalkOptions,
  WatchOptions,
  WorkersOptions,
  WorkersStats,
  WriteFileOptions,
} from "./index.js";
