/** HTTP: requests, responses, streams, errors, clients that break off, and the close. */
import assert from "node:assert/strict";
import net from "node:net";
import { test } from "node:test";
import { type Cancelled, failAfter, run, sleep, spawn, until } from "fibril";
import {
  bodyOf,
  fetch,
  HttpError,
  type HttpServer,
  readBytes,
  readJson,
  readText,
  reply,
  replyEvents,
  replyJson,
  type RequestHandler,
  serve,
} from "@fibril/node";
import { HERE, raw, serving } from "./support/serving.ts";
import { caught, holds, nothingLeft } from "./support/streams.ts";

test("a request is a Web Request, and a response a Web Response, of reply or a real one", async () => {
  await serving(
    function* (request, peer) {
      assert.ok(request instanceof Request);
      const url = new URL(request.url);
      if (url.pathname === "/real") {
        return new Response(new Blob(["real"]), { status: 202, headers: { "x-real": "1" } });
      }
      if (url.pathname === "/copy") {
        const copy = request.clone();
        return reply(`${yield* until(copy.text())} of ${copy.headers.get("x-a")}`);
      }
      return replyJson({
        method: request.method,
        path: url.pathname + url.search,
        a: request.headers.get("x-a"),
        from: peer.address,
        body: yield* readText(request),
      });
    },
    function* (server) {
      const headers = { "x-a": "b" };
      const response = yield* fetch(`${server.url}/p?q=1`, {
        method: "PUT",
        headers,
        body: "hello",
      });
      assert.equal(response.headers.get("content-type"), "application/json");
      assert.deepEqual(yield* readJson(response), {
        method: "PUT",
        path: "/p?q=1",
        a: "b",
        from: "127.0.0.1",
        body: "hello",
      });
      const real = yield* fetch(`${server.url}/real`);
      assert.deepEqual([real.status, real.headers.get("x-real")], [202, "1"]);
      assert.equal(yield* readText(real), "real");
      const copied = yield* fetch(`${server.url}/copy`, { method: "POST", headers, body: "copy" });
      assert.equal(yield* readText(copied), "copy of b");
    },
  );
  await nothingLeft();
});

test("bodies: text, bytes, none, a stream, a routine that writes; and HEAD has none of them", async () => {
  let wrote = 0;
  await serving(
    function* (request) {
      switch (new URL(request.url).pathname) {
        case "/text":
          return reply("héllo");
        case "/bytes":
          return reply(Buffer.from([1, 2, 3]), { headers: { "content-type": "x/y" } });
        case "/none":
          return reply(null, { status: 204 });
        case "/stream":
          return reply(new Blob(["a", "b"]).stream());
        default:
          return reply(function* (writer) {
            for (let n = 0; n < 3; n++) {
              yield* writer.write(`${n}\n`);
              wrote++;
              yield* sleep(1);
            }
          });
      }
    },
    function* (server) {
      const get = function* (path: string, method = "GET") {
        const response = yield* fetch(server.url + path, { method });
        return [response.status, response.headers.get("content-length"), yield* readText(response)];
      };
      assert.deepEqual(yield* get("/text"), [200, "6", "héllo"]);
      assert.deepEqual(yield* get("/bytes"), [200, "3", "\u0001\u0002\u0003"]);
      assert.deepEqual(yield* get("/none"), [204, null, ""]);
      assert.deepEqual(yield* get("/stream"), [200, null, "ab"]);
      assert.deepEqual(yield* get("/routine"), [200, null, "0\n1\n2\n"]);
      assert.equal(wrote, 3);
      assert.deepEqual(yield* get("/text", "HEAD"), [200, "6", ""]);
      assert.deepEqual(yield* get("/stream", "HEAD"), [200, null, ""]);
      assert.deepEqual(yield* get("/routine", "HEAD"), [200, null, ""]);
      assert.equal(wrote, 3, "HEAD runs no routine");
    },
  );
});

test("errors: 500 and told, an HttpError as it says, no Response at all, and one in mid-body", async () => {
  const told: string[] = [];
  await serving(
    function* (request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/http") throw new HttpError(418, "a teapot", { headers: { "x-pot": "1" } });
      if (pathname === "/bad") throw new Error("of the handler");
      if (pathname === "/nothing") return undefined;
      if (pathname === "/json") return replyJson(yield* readJson(request));
      if (pathname === "/large") return reply(yield* readText(request, { limit: 10 }));
      return reply(function* (writer) {
        yield* writer.write("half");
        yield* sleep(1);
        throw new Error("in mid-body");
      });
    },
    function* (server) {
      const pot = yield* fetch(`${server.url}/http`);
      assert.deepEqual([pot.status, pot.headers.get("x-pot")], [418, "1"]);
      assert.equal(yield* readText(pot), "a teapot\n");
      assert.equal((yield* fetch(`${server.url}/bad`)).status, 500);
      assert.equal((yield* fetch(`${server.url}/nothing`)).status, 500);
      const post = (path: string, body: string) =>
        fetch(server.url + path, { method: "POST", body });
      assert.equal((yield* post("/json", "{")).status, 400);
      assert.equal((yield* post("/large", "x".repeat(11))).status, 413);
      const half = yield* fetch(`${server.url}/half`);
      assert.notEqual(yield* caught(() => readText(half)), "nothing");
      yield* holds(() => server.stats().running === 0);
      assert.equal(server.stats().failed, 3);
    },
    { onError: (error) => told.push((error as Error).message) },
  );
  assert.deepEqual(told, [
    "of the handler",
    "a handler of requests returns a Response, not undefined",
    "in mid-body",
  ]);
});

test("a handler is cancelled when its client breaks off: waiting, reading, or writing", async () => {
  const log: string[] = [];
  await serving(
    function* (request) {
      const { pathname } = new URL(request.url);
      try {
        if (pathname === "/waits") yield* sleep(60_000);
        if (pathname === "/reads") yield* readBytes(request, { limit: Infinity });
        if (pathname === "/writes") {
          return reply(function* (writer) {
            try {
              for (;;) yield* writer.write(Buffer.alloc(100_000));
            } catch (error) {
              log.push(`${pathname} ${(error as Error).name}`);
              throw error;
            }
          });
        }
      } catch (error) {
        assert.equal(request.signal.aborted, true);
        log.push(`${pathname} ${(error as Cancelled).name}`);
        throw error;
      }
      return reply();
    },
    function* (server) {
      for (const [path, body] of [
        ["/waits", "\r\n"],
        ["/reads", "content-length: 100\r\n\r\nabc"],
        ["/writes", "\r\n"],
      ] as const) {
        const socket = net.connect(server.port!, "127.0.0.1");
        socket.on("error", () => {});
        socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\n${body}`);
        yield* holds(() => server.stats().running === 1);
        yield* sleep(5);
        socket.destroy();
        yield* holds(() => server.stats().running === 0);
      }
      assert.equal(server.stats().failed, 0);
    },
  );
  assert.match(
    log.join(),
    /^\/waits Cancelled,\/reads (Cancelled|Error),\/writes (Cancelled|FiberError)$/,
  );
  await nothingLeft();
});

test("keep-alive, requests sent ahead, Expect, and what is no request", async () => {
  await serving(
    function* (request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/slow") yield* sleep(20);
      if (pathname === "/refused") throw new HttpError(403);
      return reply(`${pathname} ${yield* readText(request)};`);
    },
    function* (server) {
      const ahead = yield* raw(
        server,
        "GET /slow HTTP/1.1\r\nhost: x\r\n\r\nGET /b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
      );
      assert.match(ahead, /\/slow ;[^]*\/b ;$/);
      const last = "connection: close\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n";
      const expected = yield* raw(server, `POST /a HTTP/1.1\r\nhost: x\r\n${last}hi`);
      assert.match(expected, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200[^]*\/a hi;$/);
      const refused = yield* raw(server, `POST /refused HTTP/1.1\r\nhost: x\r\n${last}hi`);
      assert.match(refused, /^HTTP\/1.1 403/, "the body was never asked for");
      assert.match(yield* raw(server, "nonsense\r\n\r\n"), /^HTTP\/1.1 400/);
    },
  );
});

test("close: the handlers answer within the grace; afterwards they are cancelled, which answers 503", async () => {
  await run(function* () {
    const server: HttpServer = yield* serve(HERE, function* (request) {
      if (request.url.endsWith("/slow")) yield* sleep(600_000);
      yield* holds(() => server.state === "draining");
      return reply("done");
    });
    const quick = spawn(fetch, `${server.url}/quick`);
    const slow = spawn(fetch, `${server.url}/slow`);
    yield* holds(() => server.stats().running === 2);
    const closing = spawn(() => server.close({ grace: 60_000 }));
    yield* holds(() => server.state === "draining");
    const answer = yield* quick;
    assert.equal(answer.headers.get("connection"), "close");
    assert.equal(yield* readText(answer), "done");
    yield* server.close({ grace: 0 });
    assert.equal((yield* slow).status, 503);
    yield* closing;
    assert.equal(server.state, "closed");
    assert.notEqual(yield* caught(() => fetch(server.url)), "nothing");
  });
  await nothingLeft();
});

test("a fetch that is called off is aborted", async () => {
  await serving(
    () => sleep(60_000) as never,
    function* (server) {
      const silent = spawn(fetch, server.url);
      yield* holds(() => server.stats().running === 1);
      yield* silent.cancel();
      yield* holds(() => server.stats().running === 0);
      assert.equal(yield* caught(() => failAfter(10, () => fetch(server.url))), "timeout");
      yield* holds(() => server.stats().running === 0);
      const controller = new AbortController();
      const fetching = spawn(() => caught(() => fetch(server.url, { signal: controller.signal })));
      yield* holds(() => server.stats().running === 1);
      controller.abort(new Error("by the signal"));
      assert.equal(yield* fetching, "by the signal");
    },
  );
});

test("bad input: one clear error", async () => {
  await run(function* () {
    const handler: RequestHandler = function* () {
      return reply();
    };
    assert.throws(() => serve({ port: 1.5 }, handler), RangeError);
    assert.throws(() => serve({}, handler), /either a port or the path/);
    assert.throws(
      () => serve({ ...HERE, keepalive: true } as never, handler),
      /no option "keepalive"/,
    );
    assert.throws(() => serve(HERE, "x" as never), TypeError);
    assert.throws(() => reply(5 as never), /for a body, not 5/);
    assert.throws(() => reply("", { status: 99 }), RangeError);
    assert.throws(() => replyJson(undefined), TypeError);
    assert.throws(() => new HttpError(200), RangeError);
    assert.throws(() => readText(new Request("http://x"), { limit: 0 }), RangeError);
    for (const wrong of [undefined, null, 5, {}]) {
      assert.throws(() => bodyOf(wrong as never), /^TypeError: bodyOf takes a Request or a Resp/);
      assert.throws(() => readBytes(wrong as never), /^TypeError: readBytes takes a Request or/);
      assert.throws(() => readText(wrong as never), /^TypeError: readText takes a Request or/);
      assert.throws(() => readJson(wrong as never), /^TypeError: readJson takes a Request or/);
    }
    assert.throws(() => fetch("http://x", null as never), /^TypeError: the init of fetch takes/);
    assert.throws(() => replyEvents(5 as never), /^TypeError: replyEvents takes a function/);
    assert.throws(() => replyEvents(function* () {}, null as never), /options of replyEvents/);
    const server = yield* serve(HERE, handler);
    assert.equal(
      yield* caught(() => serve({ ...HERE, port: server.port! }, handler)),
      "EADDRINUSE",
    );
    const refused = yield* caught(() => fetch("http://127.0.0.1:1"));
    assert.match(refused, /fetch failed|blocked|ConnectionRefused|ECONNREFUSED|unable to connect/i);
    assert.notEqual(yield* caught(() => fetch("no url")), "nothing");
    yield* server.close();
  });
  await nothingLeft();
});

test("a body that the real Request has begun to read is read to its end, wherever it is read", async () => {
  const size = 2_000_000;
  await serving(
    function* (request) {
      const way = new URL(request.url).pathname;
      if (way === "/body") assert.ok(request.body !== null);
      if (way === "/cache") assert.equal(typeof request.cache, "string");
      if (way === "/clone") {
        const copy = request.clone();
        spawn(() => readBytes(copy, { limit: size }));
      }
      return reply(String((yield* readBytes(request, { limit: size })).length));
    },
    function* (server) {
      for (const way of ["body", "cache", "clone"]) {
        const body = Buffer.alloc(size);
        const response = yield* fetch(`${server.url}/${way}`, { method: "POST", body });
        assert.equal(yield* readText(response), String(size), way);
      }
    },
  );
  await nothingLeft();
});

test("an upgrade to another protocol than WebSockets is not taken, and its request is read whole", async () => {
  await serving(
    function* (request) {
      return reply(yield* readText(request));
    },
    function* (server) {
      const head = `POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n`;
      const answer = yield* raw(server, `${head}Content-Length: 5\r\n\r\nhello`);
      assert.match(answer, /^HTTP\/1\.1 200 /);
      assert.match(answer, /\r\n\r\nhello$/);
    },
  );
  await nothingLeft();
});

test("a length that the handler gives is sent once, and none where there is no body", async () => {
  await serving(
    function* (request) {
      const way = new URL(request.url).pathname;
      if (way === "/none") return reply("x", { status: 204 });
      if (way === "/bytes")
        return reply(Buffer.from("hello"), { headers: { "Content-Length": "5" } });
      if (way === "/headers") {
        return reply("hello", { headers: new Headers({ "content-length": "5" }) });
      }
      return reply("hello", { headers: { "content-length": "5" } });
    },
    function* (server) {
      for (const way of ["text", "bytes", "headers"]) {
        const answer = yield* raw(
          server,
          `GET /${way} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
        );
        assert.equal(answer.match(/content-length: 5\r\n/gi)?.length, 1, answer);
        assert.match(answer, /hello$/);
      }
      const none = yield* raw(server, "GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      assert.doesNotMatch(none, /content-length/i);
    },
  );
  await nothingLeft();
});

test("replyJson leaves the headers that it is given as they are", () => {
  const headers = new Headers({ "x-a": "b" });
  const response = replyJson({}, { headers });
  assert.equal(response.headers.get("content-type"), "application/json");
  assert.deepEqual([...headers], [["x-a", "b"]]);
  const own = replyJson({}, { headers: { "Content-Type": "application/problem+json" } });
  assert.equal(own.headers.get("content-type"), "application/problem+json");
});

test("fetch: the signal of a Request counts as well", async () => {
  await run(function* () {
    const gone = new Request("http://127.0.0.1:1/", {
      signal: AbortSignal.abort(new Error("gone")),
    });
    try {
      yield* fetch(gone);
      assert.fail("it was aborted");
    } catch (error) {
      assert.equal((error as Error).message, "gone");
    }
  });
});
