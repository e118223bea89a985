/**
 * The servers of the examples, and clients that are no good ones: they connect and say nothing, stall, break off, read
 * nothing, and come back. The servers run in heaps so small that a leak would end them. In the end they have no
 * more files open than in the beginning, and still answer.
 *
 * FIBRIL_SOAK_SECONDS  how long (two by default); FIBRIL_SEED  which
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import net from "node:net";
import { test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type Program, startWith } from "../support/program.ts";

const SECONDS = Number(process.env["FIBRIL_SOAK_SECONDS"] ?? 2);
const SEED = Number(process.env["FIBRIL_SEED"] ?? 1);
const AT_ONCE = 40;
/** MiB of heap: room for what is alive, and none for what should be gone. */
const HEAP = 32;
/** Milliseconds for what is kept alive to be closed. */
const PATIENCE = 30_000;

type Draw = (below: number) => number;

function random(seed: number): Draw {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface Served {
  readonly name: string;
  readonly program: Program;
  readonly port: number;
  readonly request: Buffer;
  readonly answer: RegExp;
}

const PORT = /listening at (?:port |.*:)(\d+)/;
const GET = "GET /orders/1 HTTP/1.1\r\nhost: x\r\n\r\n";
const POST = `POST /orders HTTP/1.1\r\nhost: x\r\ncontent-length: 12\r\n\r\n{"item": 12}`;

async function serves(t: TestContext): Promise<Served[]> {
  const small = [`--max-old-space-size=${HEAP}`, "--max-semi-space-size=2"];
  const started = async (name: string, request: string, answer: RegExp, ...args: string[]) => {
    const program = startWith(t, small, name, ...args);
    const port = Number((await program.says(PORT))[1]);
    return { name, program, port, request: Buffer.from(request), answer };
  };
  const api = await started("api-server", POST, /^HTTP\/1.1 400/);
  const cached = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nvalue\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
  return [
    api,
    await started("proxy", GET, /^HTTP\/1.1 404/, `http://127.0.0.1:${api.port}`),
    await started("chat-server", "ann\nhello\n", /^your name\? /),
    await started("cache-server", cached, /^\+OK\r\n\$5\r\nvalue\r\n/),
  ];
}

type Client = (socket: net.Socket, served: Served, draw: Draw) => Promise<unknown> | void;

const CLIENTS: Readonly<Record<string, Client>> = {
  says_nothing: (_socket, _served, draw) => delay(draw(1_500)),
  goes_at_once: () => {},
  async stalls(socket, { request }, draw) {
    for (let at = 0; at < request.length && !socket.destroyed;) {
      const to = at + 1 + draw(20);
      socket.write(request.subarray(at, to));
      at = to;
      // oxlint-disable-next-line no-await-in-loop -- one piece after the other
      await delay(draw(50));
    }
  },
  async breaks_off(socket, { request }, draw) {
    socket.write(request.subarray(0, draw(request.length)));
    await delay(draw(5));
  },
  async resets(socket, { request }, draw) {
    socket.write(request.subarray(0, draw(request.length)));
    await delay(draw(5));
    socket.resetAndDestroy();
  },
  async half_closes(socket, { request }, draw) {
    socket.resume().end(request.subarray(0, draw(request.length + 1)));
    await delay(draw(200));
  },
  async never_reads(socket, { request }, draw) {
    for (let i = 0; i < 100; i++) socket.write(request);
    await delay(draw(400));
  },
  async behaves(socket, { answer, name, request }) {
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => void (text += chunk));
    socket.write(request);
    while (!answer.test(text) && !socket.destroyed) {
      // oxlint-disable-next-line no-await-in-loop -- until all of it has come
      await Promise.race([once(socket, "data"), once(socket, "close")]);
    }
    assert.match(text, answer, `${name} has not answered`);
  },
};
const KINDS = Object.values(CLIENTS);

async function visit(served: Served, client: Client, draw: Draw): Promise<void> {
  const socket = net.connect(served.port, "127.0.0.1");
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => {});
  try {
    await once(socket, "connect");
    await client(socket, served, draw);
  } finally {
    socket.destroy();
    await closed;
  }
}

const files = ({ program }: Served): number => readdirSync(`/proc/${program.child.pid}/fd`).length;
const resident = ({ program }: Served): string =>
  /VmRSS:\s+(\d+ kB)/.exec(readFileSync(`/proc/${program.child.pid}/status`, "utf8"))![1]!;

const skip = existsSync("/proc/self/fd") ? false : "no /proc here";

test(`${SECONDS} s of bad clients at the servers of the examples`, { skip }, async (t) => {
  const all = await serves(t);
  for (const served of all) await visit(served, CLIENTS["behaves"]!, random(SEED));
  const before = all.map(files);
  const end = Date.now() + SECONDS * 1_000;
  let visits = 0;
  const visitor = async (id: number): Promise<void> => {
    const draw = random(SEED + id);
    while (Date.now() < end) {
      const served = all[draw(all.length)]!;
      // oxlint-disable-next-line no-await-in-loop -- it comes again when it has gone
      await visit(served, KINDS[draw(KINDS.length)]!, draw);
      visits++;
      assert.equal(served.program.child.exitCode, null, served.program.text());
    }
  };
  const visitors = Array.from({ length: AT_ONCE }, (_, id) => visitor(id));
  const halfway = delay(SECONDS * 500).then(() => all.map(resident));
  await Promise.all(visitors);
  t.diagnostic(
    `${visits} visits; resident halfway ${(await halfway).join(", ")}, at the end ${all.map(resident).join(", ")}`,
  );
  const late = Date.now() + PATIENCE;
  while (all.some((served, i) => files(served) > before[i]!) && Date.now() < late) {
    // oxlint-disable-next-line no-await-in-loop -- until all have closed
    await delay(50);
  }
  // The proxy before its origin.
  for (const [i, served] of [...all.entries()].toReversed()) {
    assert.ok(files(served) <= before[i]!, `${served.name} has files open that it had not`);
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await visit(served, CLIENTS["behaves"]!, random(SEED));
    served.program.child.kill("SIGINT");
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    assert.equal(await served.program.ended, 130, served.program.text());
  }
});
