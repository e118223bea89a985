/** HTTP/2: streams, each of which is a request like any other, on connections that they share. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import { test } from "node:test";
import { promisify } from "node:util";
import { type Op, sleep, until } from "fibril";
import {
  bodyOf,
  HttpError,
  type HttpServer,
  readText,
  reply,
  replyJson,
  type RequestHandler,
  serve,
  type ServeOptions,
} from "@fibril/node";
import { cert, key } from "./support/certificate.ts";
import { serving } from "./support/serving.ts";
import { holds, nothingLeft } from "./support/streams.ts";

const KNOWN = { http2: true } as const;

interface Answer {
  readonly status: number | undefined;
  readonly headers: http2.IncomingHttpHeaders;
  readonly text: string;
  readonly code: number | undefined;
}

/** What comes on a stream, until it closes. */
function answerOn(stream: http2.ClientHttp2Stream): Promise<Answer> {
  return new Promise((resolve) => {
    let text = "";
    let headers: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader = {};
    stream.on("response", (given) => void (headers = given));
    stream.setEncoding("utf8").on("data", (chunk: string) => void (text += chunk));
    stream.on("error", () => {});
    stream.on("close", () =>
      resolve({ status: headers[":status"], headers, text, code: stream.rstCode }),
    );
  });
}

const ask = (
  session: http2.ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders,
  body = "",
): Op<Answer> => {
  const stream = session.request(headers, { endStream: body === "" });
  if (body !== "") stream.end(body);
  return until(answerOn(stream));
};

/** A server and a session with it. */
async function meeting(
  handler: RequestHandler,
  body: (session: http2.ClientHttp2Session, server: HttpServer) => Generator<any, void, any>,
  options: object = KNOWN,
): Promise<void> {
  await serving(
    handler,
    function* (server) {
      const session = http2.connect(server.url, { ca: cert });
      session.on("error", () => {});
      try {
        yield* body(session, server);
      } finally {
        session.destroy();
      }
      yield* holds(() => server.stats().connections === 0 && server.stats().running === 0);
    },
    options,
  );
  await nothingLeft();
}

test("requests of every kind, answered with what HTTP/2 has", async () => {
  await meeting(
    function* (request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/none") return reply(null, { status: 204 });
      if (pathname === "/gone") throw new HttpError(410, "it is gone");
      if (pathname === "/cookies") {
        const headers = new Headers([
          ["set-cookie", "a=1"],
          ["set-cookie", "b=2"],
          ["connection", "keep-alive"],
        ]);
        return reply("two", { headers });
      }
      if (pathname === "/real") return new Response("real", { headers: { "x-by": "hand" } });
      const text = yield* readText(request);
      return replyJson({ method: request.method, url: request.url, text });
    },
    function* (session, server) {
      const posted = yield* ask(session, { ":path": "/a?b", ":method": "POST" }, "hello");
      assert.equal(posted.status, 200);
      const url = `${server.url}/a?b`;
      assert.deepEqual(JSON.parse(posted.text), { method: "POST", url, text: "hello" });
      const head = yield* ask(session, { ":method": "HEAD" });
      assert.equal(head.text, "");
      assert.ok(Number(head.headers["content-length"]) > 20);
      const none = yield* ask(session, { ":path": "/none" });
      assert.deepEqual([none.status, none.text, none.code], [204, "", 0]);
      const gone = yield* ask(session, { ":path": "/gone" });
      assert.deepEqual([gone.status, gone.text], [410, "it is gone\n"]);
      const { headers } = yield* ask(session, { ":path": "/cookies" });
      assert.deepEqual(headers["set-cookie"], ["a=1", "b=2"]);
      assert.equal(headers.connection, undefined);
      const real = yield* ask(session, { ":path": "/real" });
      assert.deepEqual([real.text, real.headers["x-by"]], ["real", "hand"]);
      assert.equal(server.stats().connections, 1);
      assert.equal(server.stats().requests, 6);
    },
  );
});

test("streams go on side by side, and bodies stream both ways", async () => {
  let release = (): void => {};
  const first = new Promise<void>((resolve) => void (release = resolve));
  await meeting(
    function* (request) {
      if (request.url.endsWith("/wait")) yield* until(first);
      if (request.url.endsWith("/go")) release();
      return reply(function* (writer) {
        yield* bodyOf(request).each((chunk) => writer.write(chunk));
      });
    },
    function* (session) {
      const waits = answerOn(session.request({ ":path": "/wait" }));
      const goes = yield* ask(session, { ":path": "/go", ":method": "POST" }, "x".repeat(300_000));
      assert.equal(goes.text.length, 300_000);
      assert.equal((yield* until(waits)).status, 200);
    },
  );
});

test("a client that resets its stream cancels its fiber, and leaves the others alone", async () => {
  const ends: string[] = [];
  let aborted = false;
  await meeting(
    function* (request) {
      request.signal.addEventListener("abort", () => void (aborted = true));
      if (request.url.endsWith("/other")) return reply("served");
      try {
        yield* sleep(600_000);
      } catch (error) {
        ends.push((error as Error).name);
        throw error;
      }
      return reply("late");
    },
    function* (session, server) {
      const stream = session.request({ ":path": "/slow" });
      const answer = answerOn(stream);
      yield* holds(() => server.stats().running === 1);
      stream.close(http2.constants.NGHTTP2_CANCEL);
      yield* holds(() => server.stats().running === 0);
      yield* until(answer);
      assert.deepEqual([ends, aborted], [["Cancelled"], true]);
      assert.equal((yield* ask(session, { ":path": "/other" })).text, "served");
    },
  );
});

test("a session that breaks off cancels the fibers of all its streams", async () => {
  let cancelled = 0;
  await meeting(
    function* () {
      try {
        yield* sleep(600_000);
      } finally {
        cancelled++;
      }
      return reply("late");
    },
    function* (session, server) {
      for (let id = 0; id < 5; id++) session.request({ ":path": `/${id}` }).on("error", () => {});
      yield* holds(() => server.stats().running === 5);
      session.destroy();
      yield* holds(() => server.stats().running === 0);
      assert.equal(cancelled, 5);
    },
  );
});

test("a writer goes no faster than the client reads", async () => {
  let written = 0;
  await meeting(
    function* () {
      return reply(function* (writer) {
        for (; written < 1_000; written++) yield* writer.write(Buffer.alloc(100_000));
      });
    },
    function* (session, server) {
      const stream = session.request({});
      yield* until(new Promise((resolve) => stream.once("response", resolve)));
      let before = -1;
      yield* holds(() => {
        const stands = written === before;
        before = written;
        return stands && written > 0;
      });
      assert.ok(written < 500, `${written} of 1000 chunks were written to nobody`);
      stream.on("error", () => {});
      stream.close(http2.constants.NGHTTP2_CANCEL);
      yield* holds(() => server.stats().running === 0);
    },
  );
});

test("an error in the middle of a body resets the stream; one before it is 500", async () => {
  const told: string[] = [];
  await meeting(
    function* (request) {
      if (request.url.endsWith("/early")) throw new Error("early");
      return reply(function* (writer) {
        yield* writer.write("part");
        throw new Error("late");
      });
    },
    function* (session) {
      const late = yield* ask(session, { ":path": "/late" });
      assert.deepEqual([late.status, late.code], [200, http2.constants.NGHTTP2_INTERNAL_ERROR]);
      const early = yield* ask(session, { ":path": "/early" });
      assert.deepEqual([early.status, early.code], [500, 0]);
    },
    { ...KNOWN, onError: (error: unknown) => void told.push((error as Error).message) },
  );
  assert.deepEqual(told, ["late", "early"]);
});

test("a close says GOAWAY: what is under way is answered, and the session ends", async () => {
  await serving(
    function* () {
      yield* sleep(30);
      return reply("answered");
    },
    function* (server) {
      const session = http2.connect(server.url);
      session.on("error", () => {});
      const told = new Promise((resolve) => session.once("goaway", resolve));
      const closed = new Promise((resolve) => session.once("close", resolve));
      const answers = Array.from({ length: 20 }, () => answerOn(session.request({})));
      yield* holds(() => server.stats().running === 20);
      yield* server.close({ grace: 10_000 });
      yield* until(told);
      for (const { text } of yield* until(Promise.all(answers))) assert.equal(text, "answered");
      yield* until(closed);
      assert.equal(server.state, "closed");
    },
    KNOWN,
  );
  await nothingLeft();
});

test("a close without grace answers 503, and cuts off what does not end", async () => {
  await serving(
    function* (request) {
      if (!request.url.endsWith("/body")) yield* sleep(600_000);
      return reply(function* (writer) {
        yield* writer.write("part");
        yield* sleep(600_000);
      });
    },
    function* (server) {
      const session = http2.connect(server.url);
      session.on("error", () => {});
      const waits = answerOn(session.request({}));
      const body = session.request({ ":path": "/body" });
      const streams = answerOn(body);
      yield* until(new Promise((resolve) => body.once("response", resolve)));
      yield* server.close();
      assert.equal((yield* until(waits)).status, 503);
      assert.notEqual((yield* until(streams)).code, 0);
      session.destroy();
    },
    KNOWN,
  );
  await nothingLeft();
});

test("over TLS a client has the protocol that it asks for", async () => {
  await meeting(
    function* (request) {
      return reply(request.url.slice(0, 6));
    },
    function* (session, server) {
      assert.equal((yield* ask(session, {})).text, "https:");
      const old = yield* until(
        new Promise<string>((resolve, reject) => {
          const asked = https.get(server.url, { ca: cert, agent: false }, (incoming) => {
            incoming.resume().on("end", () => resolve(incoming.httpVersion));
          });
          asked.on("error", reject);
        }),
      );
      assert.equal(old, "1.1");
    },
    { http2: true, tls: { key, cert }, host: "localhost" },
  );
});

test("options that are none", () => {
  const handler: RequestHandler = () => sleep(0) as never;
  for (const wrong of [1, "yes", null]) {
    const options = { port: 0, http2: wrong } as unknown as ServeOptions;
    assert.throws(() => serve(options, handler), /http2.*a boolean, or the options of http2/);
  }
});

test("what is no HTTP/2 ends its own connection", async () => {
  await meeting(
    function* () {
      return reply("served");
    },
    function* (session, server) {
      for (const noise of ["GET / HTTP/1.1\r\nhost: x\r\n\r\n", "\0".repeat(2_000), ""]) {
        const socket = net.connect(server.port!, "127.0.0.1");
        socket.on("error", () => {}).resume();
        const closed = new Promise((resolve) => socket.once("close", resolve));
        socket.end(noise);
        yield* until(closed);
      }
      assert.equal((yield* ask(session, {})).text, "served");
    },
  );
});

test("curl --http2 and --http2-prior-knowledge", async (t) => {
  const curl = promisify(execFile);
  const about = await curl("curl", ["--version"]).catch(() => ({ stdout: "" }));
  if (!about.stdout.includes("HTTP2")) return t.skip("no curl that speaks HTTP/2 here");
  const handler: RequestHandler = function* (request) {
    return reply(`${request.method} ${(yield* readText(request)).length}`);
  };
  const args = ["-s", "-w", " %{http_version}", "-d", "x".repeat(100_000)];
  const calls = function* (...more: string[]) {
    return (yield* until(curl("curl", [...args, ...more]))).stdout;
  };
  await serving(
    handler,
    function* (server) {
      assert.equal(yield* calls("--http2-prior-knowledge", server.url), "POST 100000 2");
    },
    KNOWN,
  );
  await serving(
    handler,
    function* (server) {
      assert.equal(yield* calls("-k", "--http2", server.url), "POST 100000 2");
      assert.equal(yield* calls("-k", "--http1.1", server.url), "POST 100000 1.1");
    },
    { http2: true, tls: { key, cert } },
  );
  await nothingLeft();
});
