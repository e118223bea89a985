/**
 * What has come when its fiber is ended before the turn in which it would get it: a kill, and the end of a grace, strike
 * just after the wake. Whatever has to be given back is given back.
 */
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import net from "node:net";
import { test, type TestContext } from "node:test";
import { type Routine, run, type Scope, scope, sleep, spawn, type Spawned } from "fibril";
import { fetch, listen, serve } from "@fibril/node";
import { acceptWebSocket, openWebSocket } from "@fibril/node/ws";
import { WebSocket, WebSocketServer } from "ws";
import { leavesNothing } from "./support/open.ts";
import { holds } from "./support/streams.ts";

const HERE = { port: 0, host: "127.0.0.1" } as const;

/** Ends a grace at once: its timer is due by then, and comes before the turns of fibers. */
function outOfGrace(of: Spawned<unknown> | Scope): void {
  of.cancel("enough", { grace: 0 });
  for (const until = performance.now() + 5; performance.now() < until;);
}

const STRIKES: Readonly<Record<string, (fiber: Spawned<unknown>) => void>> = {
  killed: (fiber) => void fiber.kill(),
  "out of grace": outOfGrace,
};

/** Calls `then` after the listeners, where there are any, of events of this name, of emitters of this class. */
function after(t: TestContext, of: { prototype: EventEmitter }, name: string, then: () => void) {
  // oxlint-disable-next-line typescript/unbound-method -- called with its emitter
  const { emit } = of.prototype;
  t.mock.method(
    of.prototype,
    "emit",
    function (this: EventEmitter, type: string, ...args: unknown[]) {
      const heard = emit.call(this, type, ...args);
      if (heard && type === name) then();
      return heard;
    },
  );
}

async function momentsLater(moments: number, then: () => void): Promise<void> {
  for (let n = 0; n < moments; n++) await Promise.resolve();
  then();
}

/** Runs what waits in a fiber that does not get what it waits for. */
function* struck(wait: () => Generator<any, unknown, any>, is: (fiber: Spawned<void>) => void) {
  const fiber = spawn(function* (): Routine<void> {
    yield* wait();
    assert.fail("it goes on");
  });
  is(fiber);
  yield* holds(() => !fiber.alive);
}

for (const [how, strike] of Object.entries(STRIKES)) {
  for (const [name, open] of Object.entries({
    listen: () => listen(HERE, (connection) => connection.read()),
    serve: () => serve(HERE, () => assert.fail("nobody asks")),
  })) {
    test(`${how} when it listens: ${name}`, async (t) => {
      leavesNothing(t);
      let fiber: Spawned<void> | undefined;
      after(t, net.Server, "listening", () => strike(fiber!));
      await run(() => struck(open as never, (struck) => (fiber = struck)));
    });
  }

  test(`${how} in the turn in which it listens, before the server's own fiber has begun`, async (t) => {
    leavesNothing(t);
    await run(function* () {
      const fiber = spawn(function* (): Routine<void> {
        yield* listen(HERE, (connection) => connection.read());
        yield* serve(HERE, () => assert.fail("nobody asks"));
        strikeSelf();
        yield* sleep(Number.POSITIVE_INFINITY);
      });
      const strikeSelf = () => {
        if (how !== "killed") strike(fiber);
        else fiber.cancel("enough");
      };
      yield* holds(() => !fiber.alive);
    });
  });

  test(`${how} when a WebSocket is open`, async (t) => {
    leavesNothing(t);
    const server = new WebSocketServer(HERE);
    const closes: number[] = [];
    server.on("connection", (socket) => {
      socket.on("error", () => {}).on("close", (code) => closes.push(code));
    });
    try {
      await run(function* () {
        yield* holds(() => server.address() !== null);
        const { port } = server.address() as net.AddressInfo;
        let fiber: Spawned<void> | undefined;
        after(t, WebSocket, "open", () => strike(fiber!));
        yield* struck(
          () => openWebSocket(`ws://127.0.0.1:${port}`) as never,
          (struck) => (fiber = struck),
        );
        yield* holds(() => closes.length === 1);
      });
    } finally {
      for (const client of server.clients) client.terminate();
      server.close();
    }
  });

  test(`${how} when a WebSocket was accepted`, async (t) => {
    leavesNothing(t);
    await run(function* () {
      let handler: Spawned<void> | undefined;
      const verifyClient = (_info: unknown, done: (accept: boolean) => void) =>
        void setImmediate(() => {
          done(true);
          strike(handler!);
        });
      const server = yield* serve(
        { ...HERE, onError: () => {} },
        function* (request): Routine<undefined> {
          yield* struck(
            () => acceptWebSocket(request, { ws: { verifyClient } }) as never,
            (fiber) => (handler = fiber),
          );
          return undefined;
        },
      );
      const client = new WebSocket(server.url.replace("http", "ws"));
      client.on("error", () => {});
      try {
        yield* holds(() => client.readyState === WebSocket.CLOSED);
      } finally {
        client.terminate();
        yield* server.close();
      }
    });
  });

  test(`${how} when a response has come, at each moment after that`, async (t) => {
    for (let moments = 0; moments < 8; moments++) {
      let [cancelled, wentOn] = [false, false];
      const body = new ReadableStream({ cancel: () => void (cancelled = true) });
      let come: (response: Response) => void = () => {};
      t.mock.method(
        globalThis,
        "fetch",
        () => new Promise<Response>((resolve) => (come = resolve)),
      );
      await run(function* () {
        const fiber = spawn(function* (): Routine<void> {
          yield* fetch("http://localhost");
          wentOn = true;
        });
        yield* sleep(0);
        come(new Response(body));
        void momentsLater(moments, () => strike(fiber));
        yield* holds(() => !fiber.alive);
      });
      assert.notEqual(wentOn, cancelled, `after ${moments} moments`);
    }
  });
}

test("a handler that was not begun when the grace of its server was over leaves no connection", async (t) => {
  leavesNothing(t);
  await run(function* () {
    const sockets: net.Socket[] = [];
    yield* scope(function* (inner) {
      const server = yield* listen(HERE, (connection) => connection.read());
      after(t, net.Server, "connection", () => outOfGrace(inner));
      const socket = net.connect(server.port!, "127.0.0.1");
      sockets.push(socket.on("error", () => {}).resume());
      yield* sleep(Number.POSITIVE_INFINITY);
    });
    yield* holds(() => sockets[0]!.closed);
  });
});
