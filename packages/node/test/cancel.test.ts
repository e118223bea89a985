/** Every operation, called off at each of its moments: nothing is left, and nothing hangs. */
import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import http2 from "node:http2";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { bytes, type Op, run, scope, sleep, spawn, until, yieldNow } from "fibril";
import {
  bodyOf,
  connect,
  fetch,
  listen,
  readText,
  reply,
  replyEvents,
  type RequestHandler,
  serve,
} from "@fibril/node";
import { acceptWebSocket, openWebSocket } from "@fibril/node/ws";
import { cert, key } from "./support/certificate.ts";
import { holds, nothingLeft } from "./support/streams.ts";

const HERE = { port: 0, host: "127.0.0.1" } as const;

interface Places {
  readonly lines: { readonly port: number; readonly host: string };
  readonly secure: { readonly port: number; readonly host: string };
  readonly url: string;
}

let sockets = 0;
// oxlint-disable-next-line require-yield -- a routine that has its result at once
function* start<T>(value: T): Generator<never, T, any> {
  return value;
}

const answers: RequestHandler = function* (request) {
  if (request.url.endsWith("/never")) yield* sleep(600_000);
  return reply(function* (writer) {
    for (let n = 0; n < 3; n++) {
      yield* writer.write("x".repeat(1_000));
      yield* yieldNow();
    }
  });
};

/** An operation, as a routine that is cancelled after some turns. */
const OPERATIONS: Readonly<Record<string, (places: Places) => Generator<any, unknown, any>>> = {
  *"connect, write, read, end"({ lines }) {
    const connection = yield* connect(lines);
    yield* connection.write("hello\n");
    yield* connection.read(6);
    yield* connection.end();
    yield* connection.read();
  },
  *"a write that waits for room"({ lines }) {
    const connection = yield* connect({ ...lines, linger: 10 });
    for (let n = 0; n < 40; n++) yield* connection.write(Buffer.alloc(500_000));
  },
  *"readUntil and lines"({ lines }) {
    const connection = yield* connect(lines);
    yield* connection.write("a\nb\n");
    yield* connection.readUntil("\n");
    yield* connection.lines().read();
    yield* connection.lines().read();
  },
  *"listen and close"() {
    const server = yield* listen(HERE, (connection) => connection.read());
    const client = yield* connect({ port: server.port, host: "127.0.0.1" });
    yield* client.write("x");
    yield* server.close({ grace: 5 });
  },
  *"serve and close"() {
    const server = yield* serve({ ...HERE, grace: 5 }, answers);
    const response = yield* fetch(server.url);
    yield* readText(response);
    yield* server.close();
  },
  *"fetch and its body"({ url }) {
    const response = yield* fetch(url);
    yield* readText(response);
  },
  *"fetch, and a body piece by piece"({ url }) {
    const body = bodyOf(yield* fetch(url));
    try {
      for (;;) if ((yield* body.read()) === undefined) return;
    } finally {
      body.close();
    }
  },
  *"a handshake of TLS, and the end of one side"({ secure }) {
    const connection = yield* connect({ ...secure, tls: { ca: cert } });
    yield* connection.write("hello\n");
    yield* connection.end();
    yield* connection.read();
  },
  *"a Unix socket"() {
    const path = join(tmpdir(), `fibril-cancel-${process.pid}-${sockets++}`);
    const server = yield* listen({ path, linger: 5 }, (connection) => connection.write("hello\n"));
    const connection = yield* connect({ path });
    yield* connection.lines().read();
    yield* server.close();
  },
  *"a body of a request, read whole and piece by piece"() {
    const server = yield* serve(HERE, function* (request) {
      const body = bodyOf(request);
      yield* body.read(1);
      yield* body.readUntil("!");
      return reply(yield* body.read());
    });
    yield* readText(yield* fetch(server.url, { method: "POST", body: "hello! there" }));
    yield* server.close();
  },
  *"server-sent events"() {
    const server = yield* serve(HERE, () =>
      start(
        replyEvents(function* (events) {
          for (;;) {
            yield* events.send("tick");
            yield* yieldNow();
          }
        }),
      ),
    );
    const body = bodyOf(yield* fetch(server.url));
    try {
      for (let n = 0; n < 3; n++) yield* body.readUntil("\n\n");
    } finally {
      body.close();
    }
    yield* server.close();
  },
  *"HTTP/2 and its close"() {
    const server = yield* serve({ ...HERE, http2: true, grace: 5 }, answers);
    const session = http2.connect(server.url);
    try {
      session.on("error", () => {});
      const stream = session.request({});
      stream.on("error", () => {}).resume();
      yield* until(new Promise((closes) => stream.once("close", closes)));
      yield* server.close();
    } finally {
      session.destroy();
    }
  },
  *"a WebSocket: handshake, send, receive, close"() {
    const server = yield* serve(HERE, function* (request) {
      const { incoming, outgoing } = yield* acceptWebSocket(request);
      yield* incoming.each((message) => outgoing.send(message));
      return undefined;
    });
    const { incoming, outgoing } = yield* openWebSocket(server.url.replace("http", "ws"));
    yield* outgoing.send("hello");
    yield* incoming.receive();
    outgoing.close();
    yield* server.close();
  },
  *"a fetch that is never answered"({ url }) {
    yield* fetch(`${url}/never`);
  },
};

for (const [name, operation] of Object.entries(OPERATIONS)) {
  test(`called off at every moment: ${name}`, async () => {
    await run(function* () {
      const server = yield* listen({ ...HERE, linger: 10 }, function* (connection) {
        yield* bytes(connection.reader).each((chunk) => connection.write(chunk.subarray(0, 1_000)));
      });
      const web = yield* serve(HERE, answers);
      const secured = yield* listen({ ...HERE, linger: 10, tls: { key, cert } }, (connection) =>
        connection.reader.each((chunk) => connection.write(chunk)),
      );
      const secure = { port: secured.port!, host: "localhost" };
      const places = { secure, lines: { port: server.port!, host: "127.0.0.1" }, url: web.url };
      for (let turns = 0; turns < 20; turns++) {
        const child = spawn(() => scope(() => operation(places)));
        for (let turn = 0; turn < turns; turn++) {
          // Turns of fibers and of the event loop, in which sockets say something.
          if (turn % 2 === 0) yield* yieldNow();
          else yield* until(new Promise((wakes) => setImmediate(wakes)));
        }
        yield* child.cancel() as unknown as Op<void>;
        assert.equal(child.alive, false);
      }
      yield* holds(
        () =>
          server.stats().connections + secured.stats().connections === 0 &&
          web.stats().running === 0,
      );
      yield* server.close();
      yield* secured.close();
      yield* web.close();
    });
    await nothingLeft();
  });
}

test("a fiber that is killed when its connection has come, and before its turn, leaves none open", async () => {
  await run(function* () {
    const server = yield* listen(HERE, function* (connection) {
      while ((yield* connection.read()) !== undefined);
    });
    let opened: Socket | undefined;
    const client = spawn(function* () {
      yield* connect({ port: server.port, host: "127.0.0.1" });
      assert.fail("it goes on");
    });
    const seen = (message: unknown): void => {
      const { socket } = message as { socket: Socket };
      opened = socket;
      // After the listener of `connect`, which wakes the fiber.
      process.nextTick(() => socket.on("connect", () => client.kill()));
    };
    subscribe("net.client.socket", seen);
    try {
      while (client.alive) yield* sleep(1);
    } finally {
      unsubscribe("net.client.socket", seen);
    }
    assert.equal(opened?.destroyed, true);
    yield* server.close({ grace: 1_000 });
  });
});
