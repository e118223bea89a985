"use fibers";
/** Each function of `@fibril/node/direct` used once: what it results in is what its types say. */
import { createServer, type Server as NodeServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Channel, once, type Reader, scope, sleep } from "fibril/direct";
import {
  bodyOf,
  type Cluster,
  connect,
  Connection,
  exec,
  fetch,
  HttpError,
  type HttpServer,
  lines,
  listen,
  listener,
  moduleAt,
  onSignal,
  open,
  openCluster,
  OpenFile,
  openWorkers,
  parallel,
  Process,
  ProcessError,
  readBytes,
  readFile,
  readJson,
  readText,
  replaceFile,
  reply,
  replyEvents,
  replyJson,
  type RequestHandler,
  serve,
  Server,
  sharedContext,
  spawnProcess,
  stdinLines,
  tempDir,
  transfer,
  walk,
  watch,
  type Workers,
  writeFile,
} from "@fibril/node/direct";
import { acceptWebSocket, openWebSocket, WebSocketChannels } from "@fibril/node/ws/direct";

const HERE = { port: 0, host: "127.0.0.1" } as const;
const job = moduleAt<typeof import("./direct-job.js")>(new URL("./direct-job.js", import.meta.url));

/** Asks a server with this handler. */
function asked(handler: RequestHandler, init: RequestInit = {}): Response {
  const server: HttpServer = serve(HERE, handler);
  return fetch(server.url, init);
}

function inFolder<T>(work: (file: string) => T): T {
  const folder: string = tempDir();
  return work(join(folder, "file"));
}

/** All that a reader gives. */
function read<T>(reader: Reader<T>): T[] {
  const seen: T[] = [];
  reader.each((each) => (sleep(1), seen.push(each)));
  return seen;
}

/** Two ends of a connection whose server sends back what it gets. */
function echoed<T>(work: (connection: Connection, server: Server) => T): T {
  const server: Server = listen(HERE, (connection) => {
    connection.reader.each((chunk) => connection.write(chunk));
  });
  return work(connect({ port: server.port, host: HERE.host }), server);
}

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

function withWorkers<T>(work: (workers: Workers) => T): T {
  return work(openWorkers({ size: 1 }));
}

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

export const uses: Readonly<Record<string, { by: () => unknown; gives: unknown }>> = {
  acceptWebSocket: {
    gives: [true, "hello"],
    by: () => {
      const server = serve(HERE, (request) => {
        const { incoming, outgoing } = acceptWebSocket(request);
        incoming.each((message) => outgoing.send(message));
        return undefined;
      });
      const socket: WebSocketChannels = openWebSocket(server.url.replace("http", "ws"));
      socket.outgoing.send("hello");
      const echo = socket.incoming.receive();
      socket.close();
      return [socket instanceof WebSocketChannels, echo];
    },
  },
  bodyOf: {
    gives: "body",
    by: () => text(bodyOf(asked(() => (sleep(1), reply("body")))).read()),
  },
  connect: {
    gives: ["hello\n", undefined],
    by: () =>
      echoed((connection) => {
        connection.write("hello\n");
        connection.end();
        return [text(connection.readUntil("\n")), connection.read()];
      }),
  },
  Connection: { gives: true, by: () => echoed((each) => each instanceof Connection) },
  exec: {
    gives: "42\n",
    by: () => {
      const { stdout }: { stdout: string } = exec(process.execPath, ["-p", "6 * 7"]);
      return stdout;
    },
  },
  fetch: { gives: 201, by: () => asked(() => reply("", { status: 201 })).status },
  HttpError: {
    gives: 404,
    by: () =>
      asked(() => {
        sleep(1);
        throw new HttpError(404);
      }).status,
  },
  lines: {
    gives: ["a", "b"],
    by: () => inFolder((file) => (writeFile(file, "a\nb\n"), read(lines(file)))),
  },
  listen: {
    gives: 1,
    by: () =>
      echoed(
        (connection, server) => (
          connection.write("a"),
          connection.read(1),
          server.stats().accepted
        ),
      ),
  },
  listener: {
    gives: "heard",
    by: () => {
      const server: NodeServer = createServer(listener(() => (sleep(1), reply("heard"))));
      server.listen(HERE.port, HERE.host);
      once(server, "listening");
      try {
        return readText(fetch(`http://${HERE.host}:${(server.address() as AddressInfo).port}`));
      } finally {
        server.closeAllConnections();
        server.close();
      }
    },
  },
  moduleAt: { gives: true, by: () => job.href.endsWith("direct-job.js") },
  onSignal: {
    gives: "SIGUSR2",
    by: () => {
      const signals: Channel<NodeJS.Signals> = onSignal("SIGUSR2");
      process.kill(process.pid, "SIGUSR2");
      return signals.receive();
    },
  },
  open: {
    gives: ["hello", 5],
    by: () =>
      inFolder((file) =>
        scope(() => {
          const opened: OpenFile = open(file, { flags: "w+" });
          opened.writeAt(0, "hello");
          return [text(opened.readAt(0, 5)), opened.stat().size];
        }),
      ),
  },
  openCluster: {
    gives: ["a member", "closed"],
    by: () => {
      const cluster: Cluster = openCluster({ size: 1 }, job, "answers");
      const answer = readText(fetch(`http://${HERE.host}:${cluster.port}`));
      cluster.close();
      return [answer, cluster.state];
    },
  },
  OpenFile: {
    gives: true,
    by: () => inFolder((file) => open(file, { flags: "w" }) instanceof OpenFile),
  },
  openWebSocket: {
    gives: true,
    by: () => {
      const none = fetch(serve(HERE, () => reply("a page")).url).url.replace("http", "ws");
      return thrownBy(() => openWebSocket(none)) instanceof Error;
    },
  },
  openWorkers: {
    gives: [42, 1],
    by: () =>
      withWorkers((workers) => {
        const result: number = workers.run(job, "double", 21);
        return [result, workers.stats().workers];
      }),
  },
  parallel: {
    gives: [2, 4],
    by: () =>
      withWorkers((workers) => {
        const results: number[] = parallel(workers, [1, 2], job, "double");
        return results;
      }),
  },
  Process: {
    gives: true,
    by: () => spawnProcess(process.execPath, ["-e", ""]) instanceof Process,
  },
  ProcessError: {
    gives: [true, 3],
    by: () => {
      const error = thrownBy(() => exec(process.execPath, ["-e", "process.exit(3)"]));
      return [error instanceof ProcessError, (error as ProcessError).code];
    },
  },
  readBytes: { gives: "body", by: () => text(readBytes(asked(() => reply("body")))) },
  readFile: {
    gives: ["hello", "hello"],
    by: () =>
      inFolder((file) => {
        writeFile(file, "hello");
        const bytes: Uint8Array = readFile(file);
        return [text(bytes), readFile(file, "utf8")];
      }),
  },
  readJson: {
    gives: 5,
    by: () => readJson<{ n: number }>(asked(() => replyJson({ n: 5 }))).n,
  },
  readText: {
    gives: "the question",
    by: () =>
      readText(
        asked((request) => reply(readText(request)), { method: "POST", body: "the question" }),
      ),
  },
  replaceFile: {
    gives: ["whole", "in parts"],
    by: () =>
      inFolder((file) => {
        replaceFile(file, "whole");
        const first = readFile(file, "utf8");
        replaceFile(file, (writer) => {
          for (const part of ["in ", "parts"]) writer.write(part);
        });
        return [first, readFile(file, "utf8")];
      }),
  },
  reply: {
    gives: "in parts",
    by: () =>
      readText(
        asked(() =>
          reply((writer) => {
            writer.write("in ");
            sleep(1);
            writer.write("parts");
          }),
        ),
      ),
  },
  replyEvents: {
    gives: "data: 1\n\n",
    by: () =>
      readText(
        asked(() =>
          replyEvents((events) => {
            sleep(1);
            events.send("1");
          }),
        ),
      ),
  },
  replyJson: { gives: "[1]", by: () => readText(asked(() => replyJson([1]))) },
  serve: {
    gives: [1, "closed"],
    by: () => {
      const server: HttpServer = serve(HERE, () => (sleep(1), reply("")));
      readText(fetch(server.url));
      const { requests } = server.stats();
      server.close();
      return [requests, server.state];
    },
  },
  Server: { gives: true, by: () => echoed((_connection, server) => server instanceof Server) },
  sharedContext: {
    gives: ["hello somebody", "nobody"],
    by: () => {
      const user = sharedContext("user of the direct job", "nobody");
      const there: string = user.with("somebody", () =>
        withWorkers((workers) => workers.run(job, "greeting")),
      );
      return [there, user.get()];
    },
  },
  spawnProcess: {
    gives: ["echo", 0],
    by: () => {
      const child: Process = spawnProcess(process.execPath, [
        "-e",
        "process.stdin.pipe(process.stdout)",
      ]);
      child.stdin.write("echo\n");
      child.stdin.end();
      return [...read(child.lines()), child.exit().code];
    },
  },
  stdinLines: {
    gives: "function",
    by: () => {
      // Not of this process, whose input is the test runner's.
      const make: () => Reader<string> = stdinLines;
      return typeof make;
    },
  },
  tempDir: { gives: "string", by: () => typeof tempDir() },
  transfer: { gives: 4, by: () => transfer(new ArrayBuffer(4), []).byteLength },
  walk: {
    gives: ["file"],
    by: () =>
      inFolder((file) => {
        writeFile(file, "");
        return read(walk(join(file, ".."))).map(({ name }) => name);
      }),
  },
  watch: {
    gives: "file",
    by: () =>
      inFolder((file) => {
        const changes = watch(join(file, ".."));
        writeFile(file, "");
        return changes.receive().name;
      }),
  },
  WebSocketChannels: { gives: "WebSocketChannels", by: () => WebSocketChannels.name },
  writeFile: {
    gives: "ab",
    by: () =>
      inFolder((file) => {
        writeFile(file, "a");
        writeFile(file, "b", { flags: "a" });
        return readFile(file, "utf8");
      }),
  },
};
