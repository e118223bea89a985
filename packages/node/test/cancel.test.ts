/** Every operation, called off at each of its moments: nothing is left, and nothing hangs. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, type Op, run, scope, sleep, spawn, until, yieldNow } from "fibril";
import {
  bodyOf,
  connect,
  fetch,
  listen,
  readText,
  reply,
  type RequestHandler,
  serve,
} from "@fibril/node";
import { holds, nothingLeft } from "./support/streams.ts";

const HERE = { port: 0, host: "127.0.0.1" } as const;

interface Places {
  readonly lines: { readonly port: number; readonly host: string };
  readonly url: string;
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
      const places = { lines: { port: server.port!, host: "127.0.0.1" }, url: web.url };
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
      yield* holds(() => server.stats().connections === 0 && web.stats().running === 0);
      yield* server.close();
      yield* web.close();
    });
    await nothingLeft();
  });
}
