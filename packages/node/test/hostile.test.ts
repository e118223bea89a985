/**
 * Peers that do everything wrong, in a seeded mix: no fiber is left, every handler has ended, and each was told honestly.
 * FIBRIL_HOSTILE_PEERS sets how many there are.
 */
import assert from "node:assert/strict";
import net from "node:net";
import { test } from "node:test";
import { failAfter, forEach, FiberError, run, sleep, suspend } from "fibril";
import { type Connection, listen, readBytes, reply, serve } from "@fibril/node";
import { holds, nothingLeft } from "./support/streams.ts";

const PEERS = Number(process.env["FIBRIL_HOSTILE_PEERS"] ?? 100);
const SEED =
  process.env["FIBRIL_SEED"] === undefined
    ? process.env["CI"] === undefined
      ? Math.floor(Math.random() * 2 ** 31)
      : 1
    : Number(process.env["FIBRIL_SEED"]);

function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

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

/** A peer, until its socket has closed. */
function meets(port: number, id: number, request: Buffer) {
  const draw = random(SEED + id);
  const names = Object.keys(PEER);
  const kind = names[draw(names.length)] as string;
  return suspend<void>(`peer ${id}: ${kind}`, (wake) => {
    const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    socket.on("error", () => {});
    socket.on("close", () => wake());
    socket.on("end", () => socket.destroy());
    socket.on("connect", () => (PEER[kind] as Peer)(socket, request, draw));
    // One that the server leaves alone goes by itself in the end.
    setTimeout(() => socket.destroy(), 150).unref();
    return () => socket.destroy();
  });
}

test(`${PEERS} hostile peers at a server of lines (seed ${SEED})`, async () => {
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

test(`${PEERS} hostile peers at a server of HTTP (seed ${SEED})`, async () => {
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
  // A limit of the handler's own, or a client that has gone in the middle of its body.
  const known = new Set(["timeout", "ECONNRESET", "broken"]);
  assert.deepEqual(
    told.filter((code) => !known.has(code)),
    [],
  );
  assert.equal(ended, started, "every handler has ended");
  await nothingLeft();
});
