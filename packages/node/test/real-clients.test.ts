/** Clients that people have: curl, wrk, undici. A test whose tool is missing is skipped. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { sleep, until } from "fibril";
import { bodyOf, type HttpServer, readBytes, reply, type RequestHandler } from "@fibril/node";
import { fetch as undiciFetch } from "undici";
import { serving } from "./support/serving.ts";
import { caught, holds } from "./support/streams.ts";

const call = promisify(execFile);

async function isThere(t: TestContext, tool: string): Promise<boolean> {
  try {
    await call("sh", ["-c", `command -v ${tool}`]);
    return true;
  } catch {
    t.skip(`no ${tool} here`);
    return false;
  }
}

/** What was asked, in the words of the server. */
const tells: RequestHandler = function* (request) {
  const { pathname, search } = new URL(request.url);
  if (pathname === "/slow") yield* sleep(60_000);
  if (pathname === "/stream") {
    return reply(function* (writer) {
      yield* bodyOf(request).each((chunk) => writer.write(chunk));
    });
  }
  const { length } = yield* readBytes(request, { limit: 10_000_000 });
  return reply(`${request.method} ${pathname}${search} ${length}`);
};

function* curl(...args: string[]) {
  return (yield* until(call("curl", ["-s", ...args], { maxBuffer: 10_000_000 }))).stdout;
}

test("curl: keep-alive, HEAD, Expect, uploads of unknown length, and a client that goes away", async (t) => {
  if (!(await isThere(t, "curl"))) return;
  await serving(tells, function* (server) {
    const { url } = server;
    const twice = yield* curl("-w", " %{num_connects}\n", `${url}/a`, `${url}/b`);
    assert.equal(twice, "GET /a 0 1\nGET /b 0 0\n", "the second had no connection of its own");
    assert.equal(server.stats().requests, 2);
    const head = yield* curl("-I", url);
    assert.match(head, /^HTTP\/1.1 200 OK\r\n[^]*content-length: 8\r\n[^]*\r\n\r\n$/i);
    const large = "x".repeat(100_000);
    assert.equal(yield* curl("-H", "expect: 100-continue", "-d", large, url), "POST / 100000");
    const chunked = ["-H", "transfer-encoding: chunked", "-d", large];
    assert.equal(yield* curl(...chunked, url), "POST / 100000");
    assert.equal(yield* curl(...chunked, `${url}/stream`), large);
    assert.equal(yield* caught(() => curl("-m", "0.2", `${url}/slow`)), "28");
    yield* holds(() => server.stats().running === 0);
  });
});

/** Requests as few clients make them, and what is answered. */
const ODD: readonly [args: readonly string[], path: string, answer: RegExp][] = [
  [["--http1.0"], "/", /^GET \/ 0$/],
  [["--path-as-is"], "/a/../b/./c", /^GET \/b\/c 0$/],
  [["-X", "PATCH", "-d", ""], "/", /^PATCH \/ 0$/],
  [["-X", "PROPFIND"], "/", /^PROPFIND \/ 0$/],
  [["-X", "DELETE", "-d", "body"], "/", /^DELETE \/ 4$/],
  [["-X", "GET", "-d", "body"], "/", /^GET \/ 4$/],
  [["-X", "OPTIONS", "--request-target", "*"], "/", /^OPTIONS \/ 0$/],
  [["--request-target", "http://elsewhere/there?q"], "/", /^GET \/there\?q 0$/],
  [["--globoff"], "/?a=[1]&b={2}", /^GET \/\?a=\[1\]&b=\{2\} 0$/],
  [["-H", "host;"], "/", /^GET \/ 0$/],
  [["--http1.0", "-H", "host:"], "/", /^GET \/ 0$/],
  [["-H", "host: \u00fc"], "/", /^GET \/ 0$/],
  [["-H", "content-length: -1"], "/", /^$/],
  [["-H", "x: y;"], "/%ff%00%2e", /^GET \/%ff%00%2e 0$/],
  [["-H", `x: ${"y".repeat(20_000)}`], "/", /^$/],
  [["-X", "NONSENSE"], "/", /^$/],
];

test("curl: requests as few clients make them", async (t) => {
  if (!(await isThere(t, "curl"))) return;
  await serving(tells, function* (server) {
    for (const [args, path, answer] of ODD) {
      const said = yield* curl(...args, `${server.url}${path}`);
      assert.match(said, answer, args.join(" "));
    }
    assert.equal(server.stats().failed, 0);
    assert.equal(yield* curl(`${server.url}/still-there`), "GET /still-there 0");
  });
});

test("curl: what Node refuses has a status, and the connection ends", async (t) => {
  if (!(await isThere(t, "curl"))) return;
  await serving(tells, function* (server) {
    const status = (...args: string[]) => curl("-o", "/dev/null", "-w", "%{http_code}", ...args);
    assert.equal(yield* status("-H", "transfer-encoding: x", "-d", "body", server.url), "400");
    assert.equal(yield* status("-H", `x: ${"y".repeat(20_000)}`, server.url), "431");
    assert.equal(yield* status("-X", "NONSENSE", server.url), "400");
    assert.equal(server.stats().requests, 0);
  });
});

test("wrk: no request fails, and none is left", async (t) => {
  if (!(await isThere(t, "wrk"))) return;
  await serving(tells, function* (server) {
    const { stdout } = yield* until(call("wrk", ["-t", "1", "-c", "20", "-d", "1s", server.url]));
    assert.doesNotMatch(stdout, /Socket errors|Non-2xx/, stdout);
    const [, count] = /(\d+) requests in/.exec(stdout) ?? [];
    assert.ok(Number(count) > 20, stdout);
    // wrk breaks its connections off in the middle.
    yield* holds(() => server.stats().running === 0 && server.stats().connections === 0);
    assert.ok(server.stats().requests >= Number(count));
    assert.equal(server.stats().failed, 0);
  });
});

test("undici: its fetch of today, with bodies that stream", async () => {
  await serving(tells, function* (server: HttpServer) {
    const parts = (async function* () {
      for (let n = 0; n < 10; n++) yield Buffer.from(`part ${n};`);
    })();
    const response = yield* until(
      undiciFetch(`${server.url}/stream`, { method: "POST", body: parts, duplex: "half" }),
    );
    const text = yield* until(response.text());
    assert.equal(text.split(";").length, 11);
    const signal = AbortSignal.timeout(50);
    const slow = () => until(undiciFetch(`${server.url}/slow`, { signal }));
    assert.match(yield* caught(slow), /timeout|aborted|23/i);
    yield* holds(() => server.stats().running === 0);
  });
});
