/** HTTP with real clients, bodies that stream, and proxies. */
import assert from "node:assert/strict";
import http from "node:http";
import { test } from "node:test";
import { run, scope, sleep, until, type Writer } from "fibril";
import { Pool } from "undici";
import {
  bodyOf,
  connect,
  fetch,
  readBytes,
  readText,
  reply,
  replyEvents,
  serve,
} from "@fibril/node";
import { HERE, serving } from "./support/serving.ts";
import { all, caught, holds, text } from "./support/streams.ts";

test("server-sent events, until the client breaks off", async () => {
  let ended = "";
  await serving(
    function* () {
      return replyEvents(function* (events) {
        try {
          yield* events.send({ data: "one\ntwo", event: "tick", id: "7", retry: 5 });
          yield* events.ping();
          for (;;) {
            yield* events.send("more");
            yield* sleep(1);
          }
        } catch (error) {
          ended = (error as Error).name;
          throw error;
        }
      });
    },
    function* (server) {
      yield* scope(function* () {
        const client = yield* connect({ port: server.port!, host: "127.0.0.1" });
        yield* client.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
        const head = text(yield* client.readUntil("\r\n\r\n"));
        assert.match(head!, /content-type: text\/event-stream/i);
        const first = text(yield* client.readUntil("more\n\n"));
        assert.match(first!, /event: tick\nid: 7\nretry: 5\ndata: one\ndata: two\n\n[^]*:\n\n/);
        client.close();
      });
      yield* holds(() => server.stats().running === 0);
    },
  );
  assert.match(ended, /Cancelled|FiberError/);
});

test("what is no event is refused, and what was sent before it arrives", async () => {
  const wrong: readonly [unknown, RegExp][] = [
    [null, /options of events\.send must be an object/],
    [{}, /the option data of events\.send takes a string, not undefined/],
    [{ data: 5 }, /the option data of events\.send takes a string, not 5/],
    [{ data: "", retry: "1\n\ndata: x" }, /the option retry of events\.send takes a whole number/],
    [{ data: "", at: 1 }, /events\.send has no option "at"/],
  ];
  await run(function* () {
    const server = yield* serve({ port: 0, host: "127.0.0.1" }, function* () {
      return replyEvents(function* (events) {
        for (const [event, why] of wrong) {
          assert.match(yield* caught(() => events.send(event as never)), why);
        }
        yield* events.send({ data: "right", retry: 10 });
      });
    });
    const answer = yield* readText(yield* fetch(server.url));
    assert.equal(answer, "retry: 10\ndata: right\n\n");
    yield* server.close();
  });
});

test("a proxy streams both ways with back-pressure", async () => {
  await run(function* () {
    const origin = yield* serve(HERE, function* (request) {
      return reply(function* (writer) {
        yield* bodyOf(request).each((chunk) => writer.write(chunk));
      });
    });
    const proxy = yield* serve(HERE, function* (request) {
      const { body } = request;
      const init = { method: request.method, body, duplex: "half" } as RequestInit;
      return yield* fetch(origin.url, init);
    });
    const sent = Buffer.alloc(2_000_000, "x");
    const response = yield* fetch(proxy.url, { method: "POST", body: sent });
    assert.equal((yield* readBytes(response, { limit: Infinity })).length, sent.length);
    yield* proxy.close({ grace: 0 });
    yield* origin.close({ grace: 0 });
  });
});

const skip =
  "Bun" in globalThis && "Bun has a module of its own in undici's place, whose Pool sends nothing";

test("undici: one connection, requests one after the other, and a stream", { skip }, async () => {
  await serving(
    function* (request) {
      return reply(bodyOfStream(request));
    },
    function* (server) {
      const pool = new Pool(server.url, { connections: 1, pipelining: 4 });
      const texts = yield* until(
        Promise.all(
          Array.from({ length: 20 }, async (_, id) => {
            const { body } = await pool.request({ path: "/", method: "PUT", body: `${id}` });
            return body.text();
          }),
        ),
      );
      assert.deepEqual(
        texts,
        Array.from({ length: 20 }, (_, id) => `${id}`),
      );
      yield* until(pool.close());
    },
  );

  function bodyOfStream(request: Request) {
    return function* (writer: Writer<Uint8Array | string>) {
      yield* bodyOf(request).each((chunk) => writer.write(chunk));
    };
  }
});

test("a request that Node's own client sends in pieces, and a response in pieces", async () => {
  await serving(
    function* (request) {
      const lines = yield* all(bodyOf(request));
      return reply(Buffer.concat(lines));
    },
    function* (server) {
      const answer = yield* until(
        new Promise<string>((resolve, reject) => {
          const outgoing = http.request(server.url, { method: "POST" }, (incoming) => {
            let body = "";
            incoming.setEncoding("utf8").on("data", (chunk: string) => void (body += chunk));
            incoming.on("end", () => resolve(body));
          });
          outgoing.on("error", reject);
          outgoing.write("a");
          setTimeout(() => outgoing.end("b"), 5);
        }),
      );
      assert.equal(answer, "ab");
    },
  );
});
