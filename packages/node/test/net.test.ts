/** Connections and their servers: reading, writing, half-closing, limits, errors, and the close. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  type Cancelled,
  failAfter,
  type Fiber,
  moveOnAfter,
  pipe,
  run,
  scope,
  sleep,
  spawn,
} from "fibril";
import { type Connection, connect, listen, type ListenOptions, type Server } from "@fibril/node";
import { all, caught, holds, nothingLeft, text } from "./support/streams.ts";

const HERE = { port: 0, host: "127.0.0.1" } as const;
const to = (server: Server) => ({ host: "127.0.0.1", port: server.port! });

function* echo(connection: Connection) {
  yield* pipe(connection.reader, connection.writer);
}

test("a client and a server: lines, exact reads, marks, half-close, and an end in order", async () => {
  await run(function* () {
    const server = yield* listen(HERE, function* (connection) {
      const count = Number(text(yield* connection.readUntil(" ", { limit: 8 })));
      const body = yield* connection.read(count);
      assert.equal(yield* connection.read(), undefined, "the other side has half-closed");
      yield* connection.write(`got ${text(body)}\n`);
      yield* connection.write("and more");
    });
    yield* scope(function* () {
      const client = yield* connect(to(server));
      yield* client.write("5 he");
      yield* sleep(1);
      yield* client.write("llo");
      yield* client.end();
      assert.deepEqual(yield* all(client.lines()), ["got hello", "and more"]);
      assert.equal(yield* caught(() => client.write("x")), "closed");
    });
    yield* server.close();
    assert.equal(server.state, "closed");
    assert.deepEqual(server.stats(), {
      connections: 0,
      waiting: 0,
      accepted: 1,
      refused: 0,
      failed: 0,
    });
  });
  await nothingLeft();
});

test("a Unix socket", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fibril-node-"));
  try {
    await run(function* () {
      const path = join(folder, "socket");
      const server = yield* listen({ path }, echo);
      assert.deepEqual([server.address, server.port], [path, undefined]);
      yield* scope(function* () {
        const client = yield* connect({ path });
        yield* client.write("hello");
        yield* client.end();
        assert.equal(text(yield* client.read()), "hello");
      });
      yield* server.close();
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("what was written before a handler returns arrives, also a lot of it at a slow reader", async () => {
  await run(function* () {
    const server = yield* listen(HERE, (connection) => connection.write(Buffer.alloc(3_000_000)));
    yield* scope(function* () {
      const client = yield* connect(to(server));
      let size = 0;
      for (;;) {
        const chunk = yield* client.read();
        if (chunk === undefined) break;
        size += chunk.length;
        if (size < 500_000) yield* sleep(1);
      }
      assert.equal(size, 3_000_000);
    });
    yield* server.close();
  });
});

test("a writer waits for a slow reader, and a reader that nobody reads pauses the socket", async () => {
  await run(function* () {
    let sent = 0;
    const server = yield* listen(HERE, function* (connection) {
      for (; sent < 100; sent++) yield* connection.write(Buffer.alloc(1_000_000));
    });
    yield* scope(function* () {
      const client = yield* connect(to(server));
      yield* sleep(50);
      assert.ok(sent < 50, `${sent} MB were taken`);
      const before = sent;
      for (let size = 0; size < 20_000_000;) size += (yield* client.read())?.length ?? 0;
      assert.ok(sent > before);
      client.close();
    });
    yield* server.close();
  });
});

test("who closed it: closed by this side, broken off by the other, ended in order", async () => {
  await run(function* () {
    const said: string[] = [];
    const server = yield* listen(HERE, function* (connection) {
      said.push(`read: ${yield* caught(() => connection.read())}`);
      said.push(`again: ${yield* caught(() => connection.read())}`);
      said.push(`write: ${yield* caught(() => connection.write("x"))}`);
    });
    const raw = net.connect(server.port!, "127.0.0.1", () => raw.resetAndDestroy());
    yield* holds(() => said.length === 3);
    assert.deepEqual(said.splice(0), ["read: broken", "again: broken", "write: broken"]);
    yield* scope(function* () {
      const client = yield* connect(to(server));
      client.close();
      assert.equal(yield* caught(() => client.read()), "closed");
      assert.equal(yield* caught(() => client.write("x")), "closed");
      assert.equal(client.closed, true);
    });
    yield* server.close();
  });
});

test("two fibers that read one connection at once: an error that names both", async () => {
  await run(function* () {
    let message = "";
    const server = yield* listen(HERE, function* (connection) {
      const first = spawn("first", caught, () => connection.read());
      yield* sleep(0);
      try {
        yield* connection.read();
      } catch (error) {
        ({ message } = error as Error);
      }
      connection.close();
      assert.equal(yield* first, "closed");
    });
    yield* scope(function* () {
      const client = yield* connect(to(server));
      yield* caught(() => client.read());
    });
    assert.match(message, /fiber "connection" cannot read .* while fiber "first"/);
    yield* server.close();
  });
});

test("an error of one handler is told, and reaches no other", async () => {
  await run(function* () {
    const told: unknown[] = [];
    const onError: ListenOptions["onError"] = (error) => told.push((error as Error).message);
    const server = yield* listen({ ...HERE, onError }, function* (connection) {
      const line = yield* connection.lines().read();
      if (line === "bad") throw new Error("of one handler");
      yield* connection.write("good\n");
    });
    yield* scope(function* () {
      const good = yield* connect(to(server));
      const bad = yield* connect(to(server));
      yield* bad.write("bad\n");
      assert.match(yield* caught(() => bad.read()), /nothing|broken/);
      yield* good.write("x\n");
      assert.equal(yield* good.lines().read(), "good");
    });
    assert.deepEqual(told, ["of one handler"]);
    assert.equal(server.stats().failed, 1);
    yield* server.close();
  });
});

test("a limit: connections beyond it wait in line, and those beyond the backlog are refused", async () => {
  await run(function* () {
    let most = 0;
    const server = yield* listen({ ...HERE, limit: 2, backlog: 3 }, function* (connection) {
      most = Math.max(most, server.stats().connections);
      yield* connection.write("served\n");
      yield* connection.read();
    });
    const served: number[] = [];
    let refused = 0;
    yield* scope(function* () {
      for (let id = 0; id < 10; id++) {
        spawn(function* () {
          yield* scope(function* () {
            const client = yield* connect(to(server));
            const line = yield* moveOnAfter(10_000, function* () {
              try {
                return yield* client.lines().read();
              } catch {
                return undefined;
              }
            });
            if (line !== "served") return void refused++;
            yield* sleep(30);
            served.push(id);
          });
        });
        yield* sleep(2);
      }
    });
    assert.equal(most, 2);
    assert.equal(served.length + refused, 10);
    assert.ok(served.length >= 5 && refused === server.stats().refused, `${refused} refused`);
    yield* server.close();
  });
  await nothingLeft();
});

test("close: the handlers finish within the grace", async () => {
  await run(function* () {
    const server = yield* listen(HERE, function* (connection) {
      yield* connection.lines().read();
      yield* sleep(20);
      yield* connection.write("done\n");
    });
    yield* scope(function* () {
      const client = yield* connect(to(server));
      yield* client.write("go\n");
      yield* holds(() => server.stats().connections === 1);
      yield* sleep(5);
      const closing = spawn(() => server.close({ grace: 10_000 }));
      yield* holds(() => server.state === "draining");
      assert.equal(yield* caught(() => connect(to(server))), "ECONNREFUSED");
      assert.equal(yield* client.lines().read(), "done");
      client.close();
      yield* closing;
    });
  });
});

test("close: what has not finished is cancelled, and what does not end then has its socket destroyed", async () => {
  await run(function* () {
    const log: string[] = [];
    const server = yield* listen(HERE, function* (connection) {
      try {
        yield* connection.read();
      } catch (error) {
        log.push((error as Cancelled).name);
        try {
          yield* scope(function* (block) {
            void block;
          });
        } finally {
          log.push("cleaned up");
        }
      }
    });
    yield* scope(function* () {
      const client = yield* connect(to(server));
      yield* holds(() => server.stats().connections === 1);
      yield* sleep(5);
      yield* failAfter(5_000, () => server.close({ grace: 5 }));
      assert.match(yield* caught(() => client.read()), /nothing|broken/);
    });
    assert.deepEqual(log, ["Cancelled", "cleaned up"]);
  });
  await nothingLeft();
});

test("a second close shortens the grace of the first", async () => {
  await run(function* () {
    const server = yield* listen(HERE, (connection) => connection.read());
    yield* scope(function* () {
      yield* connect(to(server));
      yield* holds(() => server.stats().connections === 1);
      const first = spawn(() => server.close({ grace: 60_000 }));
      yield* sleep(5);
      yield* server.close({ grace: 0 });
      yield* first;
    });
  });
});

test("a scope that is asked to end closes its server with the server's grace", async () => {
  const log: string[] = [];
  let fiber: Fiber | undefined;
  await run(function* () {
    let server: Server | undefined;
    const block = spawn(function* () {
      yield* scope(function* () {
        server = yield* listen({ ...HERE, grace: 10_000 }, function* (connection) {
          yield* connection.lines().read();
          yield* sleep(30);
          yield* connection.write("done\n");
          log.push("finished");
        });
        yield* sleep(Infinity);
      });
    });
    fiber = block;
    yield* holds(() => server !== undefined);
    yield* scope(function* () {
      const client = yield* connect(to(server!));
      yield* client.write("go\n");
      yield* holds(() => server!.stats().connections === 1);
      yield* sleep(5);
      const ended = block.cancel("enough");
      assert.equal(yield* client.lines().read(), "done");
      client.close();
      yield* ended;
    });
    log.push(server!.state);
  });
  assert.deepEqual(log, ["finished", "closed"]);
  assert.equal(fiber!.outcome?.ending, "cancelled");
  await nothingLeft();
});

test("bad input: one clear error, and nothing half-open", async () => {
  await run(function* () {
    assert.throws(() => listen({ port: 70_000 }, echo), /the option port of listen takes a port/);
    assert.throws(() => listen({ port: "80" as never }, echo), RangeError);
    assert.throws(() => listen({}, echo), /either a port or the path/);
    assert.throws(() => listen({ port: 1, path: "x" }, echo), /either a port or the path/);
    assert.throws(() => listen({ port: 0, prot: 1 } as never, echo), /no option "prot"/);
    assert.throws(() => listen({ port: 0, limit: 0 }, echo), RangeError);
    assert.throws(() => listen({ port: 0 }, undefined as never), TypeError);
    assert.throws(() => connect({}), /either a port or the path/);
    assert.throws(() => connect({ port: -1 }), RangeError);
    const server = yield* listen(HERE, echo);
    assert.equal(yield* caught(() => listen({ ...to(server) }, echo)), "EADDRINUSE");
    assert.match(
      yield* caught(() => listen({ path: "/no/such/place" }, echo)),
      /ENOENT|EACCES|EINVAL/,
    );
    assert.match(yield* caught(() => connect({ path: "/no/such/socket" })), /ENOENT/);
    assert.match(
      yield* caught(() => connect({ host: "no-such-host.invalid", port: 1 })),
      /ENOTFOUND|EAI_AGAIN/,
    );
    yield* server.close();
  });
  await nothingLeft();
});

test("a wait for a connection that is called off leaves no socket", async () => {
  await run(function* () {
    const server = yield* listen(HERE, (connection) => connection.read());
    for (let i = 0; i < 20; i++) {
      const child = spawn(function* () {
        const client = yield* connect(to(server));
        yield* client.read();
      });
      for (let turns = 0; turns < i % 5; turns++) yield* sleep(0);
      yield* child.cancel();
    }
    yield* holds(() => server.stats().connections === 0);
    yield* server.close();
  });
  await nothingLeft();
});
