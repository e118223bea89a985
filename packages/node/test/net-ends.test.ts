/** Who ends a connection, and what each of its fibers is told. */
import assert from "node:assert/strict";
import net from "node:net";
import { test } from "node:test";
import { daemon, run, scope, sleep, spawn, yieldNow } from "fibril";
import { connect, listen, type Server } from "@fibril/node";
import { caught, holds, nothingLeft, text } from "./support/streams.ts";

const HERE = { port: 0, host: "127.0.0.1" } as const;
const to = (server: Server) => ({ host: "127.0.0.1", port: server.port! });

test("a handler that ends its writing lingers as any other, so that the answer arrives", async () => {
  const size = 3_000_000;
  await run(function* () {
    const server = yield* listen(HERE, function* (connection) {
      yield* connection.read(1);
      yield* connection.write(Buffer.alloc(size));
      yield* connection.end();
    });
    yield* scope(function* () {
      const client = yield* connect(to(server));
      // More than the handler reads, so that a socket that is closed at once answers it with a reset.
      yield* client.write(Buffer.alloc(200_000));
      let got = 0;
      for (let chunk; (chunk = yield* client.read()) !== undefined;) got += chunk.length;
      assert.equal(got, size);
    });
    yield* server.close();
  });
  await nothingLeft();
});

test("what this side closes is closed, for a reader and for a writer that wait", async () => {
  await run(function* () {
    const server = yield* listen(HERE, function* (connection) {
      yield* sleep(10_000);
      connection.close();
    });
    yield* scope(function* () {
      const client = yield* connect(to(server));
      const lines = client.lines();
      const reads = spawn(() => caught(() => lines.read()));
      const writes = spawn(() =>
        caught(function* () {
          for (;;) yield* client.write(Buffer.alloc(100_000));
        }),
      );
      yield* sleep(20);
      client.close();
      assert.deepEqual([yield* reads, yield* writes], ["closed", "closed"]);
    });
    yield* server.close({ grace: 0 });
  });
  await nothingLeft();
});

test("a second reader of a connection is an error, and the first goes on", async () => {
  await run(function* () {
    const server = yield* listen(HERE, function* (connection) {
      yield* connection.readUntil("?", { limit: 10 });
      yield* connection.write("answer\n");
    });
    yield* scope(function* () {
      const client = yield* connect(to(server));
      const first = spawn(() => client.read());
      yield* sleep(5);
      assert.equal(yield* caught(() => client.lines().read()), "busy");
      yield* client.write("?");
      assert.equal(text(yield* first), "answer\n");
    });
    yield* server.close();
  });
  await nothingLeft();
});

test("connections that are reset or ended before their fibers have a turn are told as such", async () => {
  const ends: unknown[] = [];
  let closed = 0;
  // One switch a turn, and fibers that want them all: a new fiber starts some rounds of the event loop later.
  await run({ budget: { switches: 1 } }, function* () {
    yield* scope(function* () {
      const server = yield* listen(HERE, function* (connection) {
        ends.push(
          yield* caught(function* () {
            assert.equal(yield* connection.read(), undefined);
          }),
        );
      });
      for (let id = 0; id < 20; id++) {
        daemon(function* () {
          for (;;) yield* yieldNow();
        });
      }
      for (let id = 0; id < 20; id++) {
        const socket = net.connect(server.port!, "127.0.0.1");
        socket.on("error", () => {});
        socket.on("connect", () => (id % 2 === 0 ? socket.resetAndDestroy() : socket.end()));
        socket.on("close", () => void closed++);
        socket.resume();
      }
      // One that has gone while it waited in line is not served.
      yield* holds(() => closed === 20 && ends.length >= 15);
      yield* holds(() => server.stats().connections + server.stats().waiting === 0);
      yield* server.close();
    });
  });
  assert.deepEqual(new Set(ends), new Set(["broken", "nothing"]));
  await nothingLeft();
});
