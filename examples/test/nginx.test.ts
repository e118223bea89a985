/** A real nginx behind the example of a proxy, and in front of a server. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { run, sleep, until } from "fibril";
import { bodyOf, fetch, readBytes, readText, reply, replyEvents, serve } from "@fibril/node";
import { nginx, withoutNginx } from "../support/nginx.ts";
import { start } from "../support/program.ts";

const HERE = { port: 0, host: "127.0.0.1" } as const;

test("the proxy in front of an nginx", { skip: withoutNginx }, async (t) => {
  const large = "0123456789".repeat(200_000);
  const origin = await nginx(t, "gzip on; gzip_types text/plain; gzip_min_length 10;", {
    "large.txt": large,
    "index.html": "<p>hello</p>",
  });
  const program = start(t, "proxy", origin);
  const [, url = ""] = await program.says(/listening at (.*)/);
  await run(function* () {
    assert.equal(yield* readText(yield* fetch(url)), "<p>hello</p>");
    const whole = yield* fetch(`${url}/large.txt`);
    assert.equal(yield* readText(whole, { limit: Infinity }), large);
    const part = yield* fetch(`${url}/large.txt`, { headers: { range: "bytes=10-19" } });
    assert.deepEqual([part.status, yield* readText(part)], [206, "0123456789"]);
    const etag = whole.headers.get("etag");
    const same = yield* fetch(`${url}/large.txt`, { headers: { "if-none-match": etag! } });
    assert.deepEqual([same.status, yield* readText(same)], [304, ""]);
    const head = yield* fetch(`${url}/large.txt`, { method: "HEAD" });
    assert.deepEqual([head.status, yield* readText(head)], [200, ""]);
    assert.equal((yield* fetch(`${url}/none`)).status, 404);
    // nginx answers before it has read the body.
    const refused = yield* fetch(url, { method: "POST", body: "x".repeat(100_000) });
    assert.equal(refused.status, 405);
    yield* readText(refused);
  });
  program.child.kill("SIGINT");
  assert.equal(await program.ended, 130);
});

test("an nginx in front of a server", { skip: withoutNginx }, async (t) => {
  await run(function* () {
    const ends: string[] = [];
    const server = yield* serve(HERE, function* (request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/events") {
        return replyEvents(function* (events) {
          try {
            for (;;) {
              yield* events.send("tick");
              yield* sleep(5);
            }
          } catch (error) {
            ends.push((error as Error).name);
            throw error;
          }
        });
      }
      if (pathname === "/echo") {
        return reply(function* (writer) {
          yield* bodyOf(request).each((chunk) => writer.write(chunk));
        });
      }
      return reply(`hello from ${pathname}`);
    });
    const front = yield* until(
      nginx(
        t,
        `location / {
           proxy_pass http://127.0.0.1:${server.port}; proxy_http_version 1.1;
           proxy_set_header Connection ""; proxy_buffering off; proxy_request_buffering off;
           client_max_body_size 10m;
         }`,
      ),
    );
    for (let n = 0; n < 20; n++) {
      assert.equal(yield* readText(yield* fetch(`${front}/${n}`)), `hello from /${n}`);
    }
    const body = Buffer.alloc(3_000_000, "x");
    const echo = yield* fetch(`${front}/echo`, { method: "POST", body });
    assert.equal((yield* readBytes(echo, { limit: Infinity })).length, body.length);
    const events = bodyOf(yield* fetch(`${front}/events`));
    yield* events.readUntil("data: tick\n\n");
    events.close();
    // nginx breaks off when its client has.
    for (let turns = 0; ends.length === 0 && turns < 5_000; turns++) yield* sleep(1);
    assert.match(ends.join(), /Cancelled|FiberError/);
    yield* server.close({ grace: 1_000 });
    assert.equal((yield* fetch(front)).status, 502);
  });
});
