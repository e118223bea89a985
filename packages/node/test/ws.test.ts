/** WebSockets as pairs of channels, between each other and with the bare `ws`. */
import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { test } from "node:test";
import { failAfter, run, scope, sleep, spawn, suspend, until, yieldNow } from "fibril";
import { fetch, type HttpServer, reply, serve } from "@fibril/node";
import { acceptWebSocket, openWebSocket, type WebSocketChannels } from "@fibril/node/ws";
import { WebSocket } from "ws";
import { caught, holds, nothingLeft } from "./support/streams.ts";

const HERE = { port: 0, host: "127.0.0.1" } as const;
const at = (server: HttpServer) => server.url.replace("http", "ws");

function echo() {
  return serve(HERE, function* (request) {
    if (new URL(request.url).pathname === "/page") return reply("a page");
    const { incoming, outgoing } = yield* acceptWebSocket(request);
    yield* incoming.each((message) => outgoing.send(message));
    return undefined;
  });
}

test("texts and bytes go both ways, and each side learns of the other's close", async () => {
  await run(function* () {
    const server = yield* echo();
    yield* scope(function* () {
      const client = yield* openWebSocket(at(server));
      yield* client.outgoing.send("hello");
      assert.equal(yield* client.incoming.receive(), "hello");
      yield* client.outgoing.send(Buffer.from([1, 2]));
      assert.deepEqual(yield* client.incoming.receive(), Buffer.from([1, 2]));
      client.close();
      assert.equal(yield* caught(() => client.incoming.receive()), "ended");
    });
    yield* holds(() => server.stats().running === 0);
    yield* server.close();
  });
  await nothingLeft();
});

test("a handler that returns closes its WebSocket, and one whose client breaks off is told", async () => {
  await run(function* () {
    const said: string[] = [];
    const server = yield* serve(HERE, function* (request) {
      const { incoming } = yield* acceptWebSocket(request);
      said.push(yield* caught(() => incoming.receive()));
      return undefined;
    });
    const bare = new WebSocket(at(server));
    yield* until(once(bare, "open"));
    bare.send("go");
    const [code] = (yield* until(once(bare, "close"))) as [number];
    assert.equal(code, 1000);
    const rude = new WebSocket(at(server));
    yield* until(once(rude, "open"));
    rude.terminate();
    yield* holds(() => server.stats().running === 0);
    assert.match(said.join(), /^nothing,(broken|.*the client broke off)$/);
    yield* server.close();
  });
});

test("what was sent before the handler returned, or before it closed its side, still arrives", async () => {
  await run(function* () {
    for (const closes of [false, true]) {
      for (const count of [1, 2, 16]) {
        const server = yield* serve(HERE, function* (request) {
          const { outgoing } = yield* acceptWebSocket(request);
          for (let n = 0; n < count; n++) yield* outgoing.send(String(n));
          if (closes) outgoing.close();
          return undefined;
        });
        yield* scope(function* () {
          const got: unknown[] = [];
          const { incoming } = yield* openWebSocket(at(server));
          yield* failAfter(10_000, () => incoming.each((message) => void got.push(message)));
          assert.deepEqual(
            got,
            Array.from({ length: count }, (_, n) => String(n)),
          );
        });
        yield* server.close();
      }
    }
  });
  await nothingLeft();
});

test("what is no message fails the scope, and closes the WebSocket, also when the block returns at once", async () => {
  await run(function* () {
    const server = yield* serve(HERE, function* (request) {
      const { incoming } = yield* acceptWebSocket(request);
      yield* incoming.each(() => {});
      return undefined;
    });
    for (const waits of [false, true]) {
      let kept: WebSocketChannels | undefined;
      const wrong = scope(function* () {
        kept = yield* openWebSocket(at(server));
        yield* kept.outgoing.send("right");
        yield* kept.outgoing.send({} as never);
        yield* kept.outgoing.send("behind it");
        if (waits) yield* suspend("the scope to be cancelled", () => {});
      });
      assert.equal(yield* caught(() => wrong), "ERR_INVALID_ARG_TYPE");
      assert.notEqual(kept!.socket.readyState, WebSocket.OPEN);
      assert.deepEqual([kept!.incoming.closed, kept!.outgoing.closed], [true, true]);
    }
    yield* server.close();
  });
  await nothingLeft();
});

test("a code that is none closes nothing", async () => {
  await run(function* () {
    const server = yield* serve(HERE, function* (request) {
      const { incoming, outgoing } = yield* acceptWebSocket(request);
      yield* incoming.each((message) => outgoing.send(message));
      return undefined;
    });
    yield* scope(function* () {
      const channels = yield* openWebSocket(at(server));
      assert.throws(() => channels.close(999), TypeError);
      yield* channels.outgoing.send("still open");
      assert.equal(yield* channels.incoming.receive(), "still open");
    });
    yield* server.close();
  });
  await nothingLeft();
});

test("back-pressure: a side that does not receive makes the other wait", async () => {
  await run(function* () {
    const server = yield* serve(HERE, function* (request) {
      yield* acceptWebSocket(request, { capacity: 2 });
      yield* sleep(60_000);
      return undefined;
    });
    let sent = 0;
    const sending = spawn(() =>
      scope(function* () {
        const { outgoing } = yield* openWebSocket(at(server), { capacity: 2 });
        for (;;) {
          yield* outgoing.send(Buffer.alloc(1_000_000));
          sent++;
        }
      }),
    );
    yield* sleep(300);
    assert.ok(sent < 100);
    yield* sending.cancel();
    yield* failAfter(10_000, () => server.close({ grace: 0 }));
  });
  await nothingLeft();
});

test("what is no WebSocket: a page is answered, a plain request gets 426, an upgrade refused", async () => {
  await run(function* () {
    const server = yield* echo();
    assert.equal((yield* fetch(`${server.url}/page`)).status, 200);
    assert.equal((yield* fetch(server.url)).status, 426);
    assert.match(yield* caught(() => openWebSocket(`${at(server)}/page`)), /200/);
    assert.match(yield* caught(() => openWebSocket("ws://127.0.0.1:1")), /ECONNREFUSED/);
    assert.throws(() => openWebSocket(at(server), { capacity: 0 }), RangeError);
    assert.match(yield* caught(() => acceptWebSocket(new Request("http://x"))), /the very request/);
    yield* server.close({ grace: 0 });
  });
  await nothingLeft();
});

test("what is no URL is refused at once", async () => {
  await run(function* () {
    for (const wrong of [undefined, null, 5, {}, Symbol("s")]) {
      assert.throws(
        () => openWebSocket(wrong as never),
        /^TypeError: openWebSocket takes the URL of a WebSocket, not /,
      );
    }
    yield* yieldNow();
  });
});

test("a message that comes with the handshake is received, however long the check of the client takes", async () => {
  await run(function* () {
    const verifyClient = (_info: unknown, done: (accepted: boolean) => void): void => {
      setTimeout(done, 5, true);
    };
    const server = yield* serve(HERE, function* (request) {
      const { incoming, outgoing } = yield* acceptWebSocket(request, { ws: { verifyClient } });
      yield* outgoing.send(`got ${String(yield* incoming.receive())}`);
      yield* incoming.each(() => {});
      return undefined;
    });
    const socket = net.connect(server.port!, "127.0.0.1");
    const heard = new Promise<string>((resolve) => {
      let text = "";
      socket.on("data", (chunk: Buffer) => {
        text += chunk.toString("latin1");
        if (text.includes("got ")) resolve(text);
      });
      socket.on("close", () => resolve(text));
    });
    const head =
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    // The text "hi", masked by zeros.
    const frame = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]);
    socket.write(Buffer.concat([Buffer.from(head), frame]));
    assert.match(yield* failAfter(5_000, () => until(heard)), /got hi/);
    socket.destroy();
    yield* server.close({ grace: 0 });
  });
  await nothingLeft();
});
