/** A handler that is killed cannot answer: its client is told by the end of the connection, or of the stream of HTTP/2. */
import assert from "node:assert/strict";
import http2 from "node:http2";
import { test } from "node:test";
import { failAfter, Fiber, type Routine, scope, sleep, until } from "fibril";
import { type RequestHandler, reply } from "@fibril/node";
import { cert, key } from "./support/certificate.ts";
import { raw, serving } from "./support/serving.ts";
import { nothingLeft } from "./support/streams.ts";

/** Ends the running fiber. */
function* dies(): Routine<undefined, never> {
  yield* Fiber.kill(Fiber.current);
  return undefined;
}

const HANDLERS: readonly [when: string, handler: RequestHandler, answer: RegExp][] = [
  ["before it answers", () => dies(), /^$/],
  ["in a scope", () => scope(dies), /^$/],
  [
    "in mid-body",
    function* () {
      return reply(function* (writer) {
        yield* writer.write("part");
        yield* sleep(1);
        yield* dies();
      });
    },
    /^HTTP\/1\.1 200 /,
  ],
];

for (const [when, handler, answer] of HANDLERS) {
  test(`killed ${when}`, async () => {
    await serving(handler, function* (server) {
      const got = yield* failAfter(10_000, () => raw(server, "GET / HTTP/1.1\r\nhost: x\r\n\r\n"));
      assert.match(got, answer);
      assert.ok(!got.endsWith("0\r\n\r\n"), "it does not look whole");
      assert.equal(server.stats().running, 0);
    });
    await nothingLeft();
  });

  test(`killed ${when}, over HTTP/2`, async () => {
    const body = function* (server: { readonly port: number | undefined }) {
      const session = http2.connect(`https://localhost:${server.port}`, { ca: cert });
      try {
        const stream = session.request({ ":path": "/" });
        stream.on("error", () => {}).resume();
        yield* failAfter(10_000, () =>
          until(new Promise((resolve) => stream.on("close", resolve))),
        );
        assert.notEqual(stream.rstCode, http2.constants.NGHTTP2_NO_ERROR);
        assert.equal(session.closed, false, "the other streams of the connection go on");
      } finally {
        session.destroy();
      }
    };
    await serving(handler, body, { http2: true, tls: { cert, key } });
    await nothingLeft();
  });
}
