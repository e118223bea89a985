/**
 * Peers that do everything wrong, in a seeded mix: no fiber is left, every handler has ended, and each was told honestly.
 * FIBRIL_HOSTILE_PEERS sets how many there are.
 */
import assert from "node:assert/strict";
import http2 from "node:http2";
import net from "node:net";
import { test, type TestContext } from "node:test";
import { failAfter, forEach, FiberError, run, sleep, suspend, until } from "fibril";
import { type Connection, listen, readBytes, reply, serve } from "@fibril/node";
import { holds, nothingLeft } from "./support/streams.ts";

const PEERS = Number(process.env["FIBRIL_HOSTILE_PEERS"] ?? 100);
const SEED =
  process.env["FIBRIL_SEED"] === undefined
    ? process.env["CI"] === undefined
      ? Math.floor(Math.random() * 2 ** 31)
      : 1
    : Number(process.env["FIBRIL_SEED"]);

/** Mulberry32: neighbouring seeds have nothing to do with each other, and each peer has the next seed. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** How a client of HTTP/2 begins: its preface, no settings, and a POST of which the body is still to come. */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const SETTINGS = Buffer.from("000000040000000000", "hex");
const HEADERS = Buffer.from("000006010400000001838684410178", "hex");

type Peer = (socket: net.Socket, request: Buffer, draw: (below: number) => number) => void;

const PEER: Readonly<Record<string, Peer>> = {
  says_nothing: () => {},
  goes_at_once: (socket) => void socket.destroy(),
  breaks_off: (socket, request, draw) => {
    socket.write(request.subarray(0, draw(request.length)), () => socket.destroy());
  },
  resets: (socket, request, draw) => {
    socket.write(request.subarray(0, draw(request.length)), () => socket.resetAndDestroy());
  },
  dribbles: (socket, request) => {
    let at = 0;
    const next = (): void => {
      if (socket.destroyed || at === request.length) return;
      socket.write(request.subarray(at, ++at));
      setTimeout(next, 5);
    };
    next();
  },
  half_closes: (socket, request, draw) => {
    socket.end(request.subarray(0, draw(request.length + 1)));
    socket.resume();
  },
  never_reads: (socket, request) => {
    socket.pause();
    for (let i = 0; i < 20; i++) socket.write(request);
  },
  floods: (socket) => {
    const noise = Buffer.alloc(16_384, 0x61);
    const more = (): void => {
      while (!socket.destroyed && socket.write(noise));
    };
    socket.on("drain", more);
    socket.resume();
    more();
  },
  behaves: (socket, request) => {
    socket.write(request);
    socket.resume();
  },
};

/** The heap is weighed after so many peers. */
const LOOK = 5_000;
/** Bytes by which it may grow from the first weighing to any later one: less than a byte for each of many peers. */
const SPARE = 4_000_000;
const heaps: number[] = [];

function weigh(): void {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  heaps.push(process.memoryUsage().heapUsed);
}

function isFlat(t: TestContext): void {
  const [, first, ...later] = heaps.splice(0);
  if (first === undefined || globalThis.gc === undefined) return;
  t.diagnostic(`heap in KiB: ${[first, ...later].map((size) => size >> 10).join(" ")}`);
  assert.ok(Math.max(0, ...later) < first + SPARE, "the heap has grown");
}

/** A peer, until its socket has closed. */
function meets(port: number, id: number, request: Buffer) {
  if (id % LOOK === 0) weigh();
  const draw = random(SEED + id);
  const names = Object.keys(PEER);
  const kind = names[draw(names.length)] as string;
  return visits(port, `peer ${id}: ${kind}`, (socket) => PEER[kind]!(socket, request, draw));
}

function visits(port: number, name: string, peer: (socket: net.Socket) => void) {
  return suspend<void>(name, (wake) => {
    const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    socket.on("error", () => {});
    socket.on("close", () => wake());
    socket.on("end", () => socket.destroy());
    socket.on("connect", () => peer(socket));
    // One that the server leaves alone goes by itself in the end.
    setTimeout(() => socket.destroy(), 400).unref();
    return () => socket.destroy();
  });
}

test(`${PEERS} hostile peers at a server of lines (seed ${SEED})`, async (t) => {
  const ends = new Map<string, number>();
  // A peer may also break off when its handler has returned, while the rest is being sent.
  const told = new Set<unknown>();
  const onError = (error: unknown): void => void told.add((error as FiberError).code);
  let started = 0;
  await run(function* () {
    const server = yield* listen(
      { port: 0, host: "127.0.0.1", linger: 50, onError },
      function* (connection) {
        started++;
        let end = "in order";
        try {
          yield* failAfter(100, () => answers(connection));
        } catch (error) {
          end = error instanceof FiberError ? error.code : (error as Error).message;
          if (!(error instanceof FiberError)) throw error;
        } finally {
          ends.set(end, (ends.get(end) ?? 0) + 1);
        }
      },
    );
    const peers = Array.from({ length: PEERS }, (_, id) => id);
    const request = Buffer.from("give 100000\n");
    yield* forEach(peers, (id) => meets(server.port!, id, request), { concurrency: 50 });
    yield* holds(() => server.stats().connections === 0);
    assert.equal(started, server.stats().accepted);
    yield* server.close();
  });
  t.diagnostic(`handlers ended: ${JSON.stringify(Object.fromEntries(ends))}`);
  isFlat(t);
  const all = [...ends.values()].reduce((sum, count) => sum + count, 0);
  assert.equal(all, started, "every handler has ended");
  told.delete("broken");
  assert.deepEqual([...told], []);
  const known = new Set(["in order", "broken", "overflow", "timeout"]);
  assert.deepEqual(
    [...ends.keys()].filter((end) => !known.has(end)),
    [],
  );
  await nothingLeft();

  function* answers(connection: Connection) {
    const lines = connection.lines({ limit: 1_000 });
    for (;;) {
      const line = yield* lines.read();
      if (line === undefined) return;
      const size = Number(/^give (\d+)$/.exec(line)?.[1] ?? 0);
      yield* connection.write(Buffer.alloc(size));
    }
  }
});

/** How a peer may go after the first bytes of what it has to say. */
const GOES: Readonly<Record<string, (socket: net.Socket, said: Buffer) => void>> = {
  breaks_off: (socket, said) => void socket.write(said, () => socket.destroy()),
  resets: (socket, said) => void socket.write(said, () => socket.resetAndDestroy()),
  half_closes: (socket, said) => void socket.resume().end(said),
};

test("peers that go after each byte of what they have to say", async () => {
  await run(function* () {
    const lines = yield* listen({ port: 0, host: "127.0.0.1", linger: 50 }, (connection) =>
      connection.lines().each((line) => connection.write(line)),
    );
    const web = yield* serve({ port: 0, host: "127.0.0.1" }, function* (request) {
      return reply(yield* readBytes(request));
    });
    const streams = yield* serve({ port: 0, host: "127.0.0.1", http2: true }, function* (request) {
      return reply(yield* readBytes(request));
    });
    const said: readonly [port: number, text: Buffer][] = [
      [lines.port!, Buffer.from("one\ntwo\n")],
      [web.port!, Buffer.from("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nbody")],
      [streams.port!, Buffer.concat([PREFACE, SETTINGS, HEADERS])],
    ];
    const visitors = said.flatMap(([port, text]) =>
      Object.keys(GOES).flatMap((how) =>
        Array.from(
          { length: text.length + 1 },
          (_, at) => [`${how} at ${at}`, port, how, text.subarray(0, at)] as const,
        ),
      ),
    );
    yield* forEach(
      visitors,
      ([name, port, how, text]) => visits(port, name, (socket) => GOES[how]!(socket, text)),
      { concurrency: 50 },
    );
    yield* holds(
      () =>
        lines.stats().connections + web.stats().connections + streams.stats().connections === 0 &&
        web.stats().running + streams.stats().running === 0,
    );
    assert.equal(lines.stats().accepted, 3 * 9);
    for (const server of [lines, web, streams]) yield* server.close();
  });
  await nothingLeft();
});

test("streams that are reset as fast as they are opened: each fiber is cancelled, and others are served", async () => {
  await run(function* () {
    let [started, ended] = [0, 0];
    const server = yield* serve({ port: 0, host: "127.0.0.1", http2: true }, function* (request) {
      if (request.url.endsWith("/polite")) return reply("served");
      started++;
      try {
        yield* sleep(600_000);
      } finally {
        ended++;
      }
      return reply("late");
    });
    const open = (): http2.ClientHttp2Session => {
      const session = http2.connect(server.url);
      session.on("error", () => {});
      return session;
    };
    const [rude, polite] = [open(), open()];
    for (let id = 0; id < 300 && !rude.destroyed; id++) {
      const stream = rude.request({ ":path": `/${id}` });
      stream.on("error", () => {});
      if (id % 3 === 0) yield* sleep(0);
      stream.close(http2.constants.NGHTTP2_CANCEL);
    }
    const answer = yield* until(
      new Promise<number | undefined>((resolve) => {
        const stream = polite.request({ ":path": "/polite" });
        stream.on("response", (headers) => resolve(headers[":status"]));
        stream.on("error", () => resolve(undefined));
        stream.resume();
      }),
    );
    assert.equal(answer, 200);
    yield* holds(() => server.stats().running === 0);
    assert.equal(ended, started);
    rude.destroy();
    polite.destroy();
    yield* server.close();
  });
  await nothingLeft();
});

test(`${PEERS} hostile peers at a server of HTTP (seed ${SEED})`, async (t) => {
  let [started, ended] = [0, 0];
  const told: string[] = [];
  await run(function* () {
    const server = yield* serve(
      {
        port: 0,
        host: "127.0.0.1",
        idle: 100,
        onError: (error) => void told.push((error as { code?: string }).code ?? String(error)),
      },
      function* (request) {
        started++;
        try {
          const body = yield* failAfter(100, () => readBytes(request));
          yield* sleep(1);
          return reply(Buffer.alloc(100_000 + body.length));
        } finally {
          ended++;
        }
      },
    );
    const peers = Array.from({ length: PEERS }, (_, id) => id);
    const request = Buffer.from(
      "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n0123456789",
    );
    yield* forEach(peers, (id) => meets(server.port!, id, request), { concurrency: 50 });
    yield* holds(() => server.stats().running === 0 && server.stats().connections === 0);
    yield* server.close({ grace: 0 });
  });
  t.diagnostic(`${started} requests, ${told.length} failures told`);
  isFlat(t);
  // A limit of the handler's own, or a client that has gone in the middle of its body.
  const known = new Set(["timeout", "ECONNRESET", "broken"]);
  assert.deepEqual(
    told.filter((code) => !known.has(code)),
    [],
  );
  assert.equal(ended, started, "every handler has ended");
  await nothingLeft();
});
