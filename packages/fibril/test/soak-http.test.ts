/**
 * A server on fibers, and a thousand clients that are no good ones: they connect and say nothing, stop in the
 * middle of a request, hang up before the answer, or read nothing, and come back. Every request is answered or
 * cancelled, nothing waits for ever, and nothing is left.
 *
 * FIBRIL_SOAK_SECONDS  how long (a few by default); FIBRIL_SEED  which
 */
import assert from "node:assert/strict";
import http from "node:http";
import net, { type AddressInfo } from "node:net";
import { test } from "node:test";
import {
  failAfter,
  moveOnAfter,
  once,
  type Routine,
  run,
  scope,
  type Scope,
  Semaphore,
  sleep,
  spawn,
  supervised,
  TimeoutError,
} from "fibril";
import type { Scheduler } from "#core/schedule/scheduler";
import { Random } from "./differential/random.ts";
import { collectGarbage } from "./support/garbage.ts";
import { checkIdle } from "./support/manual-host.ts";
import { SEED } from "./support/seed.ts";

const SECONDS = Number(process.env["FIBRIL_SOAK_SECONDS"] ?? 3);
const CLIENTS = 1_000;
/** Milliseconds for a request to come, after which the server gives it up. */
const PATIENCE = 300;

const skip = "Bun" in globalThis || "Deno" in globalThis ? "the sockets are Node's" : false;

class Server {
  readonly workers: Semaphore = new Semaphore(50, { name: "workers" });
  begun = 0;
  answered = 0;
  cancelled = 0;
  late = 0;
  inside = 0;

  *work(work: Scope, request: http.IncomingMessage, response: http.ServerResponse): Routine<true> {
    response.on("close", () => work.cancel("the client has gone"));
    request.resume();
    yield* failAfter(PATIENCE, () => once(request, "end"));
    yield* this.workers.with(() => sleep(this.begun % 7));
    response.end("x".repeat(10_000));
    return true;
  }

  *answer(request: http.IncomingMessage, response: http.ServerResponse): Routine {
    this.begun++;
    this.inside++;
    let ended: "answered" | "cancelled" | "late" = "cancelled";
    try {
      const whole = yield* scope((work) => this.work(work, request, response));
      if (whole) ended = "answered";
    } catch (error) {
      if (!(error instanceof TimeoutError || isBroken(error))) throw error;
      if (error instanceof TimeoutError) ended = "late";
      response.destroy();
    } finally {
      this.inside--;
      this[ended]++;
    }
  }
}

const isBroken = (error: unknown): boolean => (error as { code?: unknown }).code === "ECONNRESET";

/** What became of the clients' requests: the promise of the test is that each is told of something. */
class Crowd {
  readonly endings: Record<string, number> = {};

  private readonly random: Random;
  private readonly port: number;
  private readonly end: number;

  constructor(random: Random, port: number, end: number) {
    this.random = random;
    this.port = port;
    this.end = end;
  }

  *client(): Routine {
    do {
      const kind = ["polite", "polite", "silent", "half", "gone", "deaf"][
        this.random.below(6)
      ] as string;
      const ending = yield* moveOnAfter(20_000, () => this.visit(kind), "hangs");
      const key = `${kind}: ${ending}`;
      this.endings[key] = (this.endings[key] ?? 0) + 1;
      yield* sleep(this.random.below(100));
    } while (performance.now() < this.end);
  }

  *visit(kind: string): Routine<string> {
    const socket = net.connect(this.port, "127.0.0.1");
    socket.on("error", () => {}); // being reset is nothing unusual here
    const closed = { yes: false };
    socket.on("close", () => void (closed.yes = true));
    let received = 0;
    try {
      yield* moveOnAfter(10_000, () => once(socket, "connect", { failOn: ["error"] }));
      if (kind === "silent") {
        yield* sleep(this.random.below(200));
        return "left";
      }
      socket.write(
        "POST / HTTP/1.1\r\nhost: here\r\nconnection: close\r\ncontent-length: 6\r\n\r\nabc",
      );
      if (kind === "gone") {
        yield* sleep(this.random.below(20));
        if (this.random.chance(2)) socket.resetAndDestroy();
        return "left";
      }
      if (kind !== "half") socket.write("def");
      if (kind === "deaf") yield* sleep(this.random.below(300));
      socket.on("data", (data) => void (received += data.length));
      if (!closed.yes) yield* once(socket, "close", { failOn: [] });
      return received > 10_000 ? "answered" : "cut off";
    } catch (error) {
      if (!isBroken(error)) throw error;
      return "cut off";
    } finally {
      socket.destroy();
    }
  }
}

const heap = (): number | undefined =>
  collectGarbage() ? process.memoryUsage().heapUsed / 2 ** 20 : undefined;

test(
  `${CLIENTS} clients that stall, break off and come back, for ${SECONDS} s`,
  { skip },
  async (t) => {
    t.diagnostic(`seed ${SEED}`);
    const server = new Server();
    let crowd: Crowd | undefined;
    const samples: (number | undefined)[] = [];
    const program = run(function* () {
      yield* supervised(function* (requests) {
        const listener = http.createServer((request, response) => {
          requests.spawn("request", () => server.answer(request, response));
        });
        try {
          yield* once(listener.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 }), "listening");
          const { port } = listener.address() as AddressInfo;
          for (let round = 0; round < 2; round++) {
            const end = performance.now() + (SECONDS * 1_000) / 2;
            const all: Crowd = (crowd = new Crowd(new Random(SEED + round), port, end));
            yield* scope(function* () {
              for (let i = 0; i < CLIENTS; i++) {
                spawn("client", () => all.client());
                if (i % 25 === 24) yield* sleep(1);
              }
            });
            t.diagnostic(`clients ${JSON.stringify(crowd.endings)}`);
            assert.equal(
              Object.keys(crowd.endings).filter((key) => key.endsWith("hangs")).length,
              0,
            );
            for (let n = 0; server.inside > 0 && n < 500; n++) yield* sleep(10);
            assert.equal(server.inside, 0, "no request is left when all clients have gone");
            samples.push(heap());
          }
        } finally {
          listener.close();
          listener.closeAllConnections();
        }
      });
    });
    const { scheduler } = (program.fiber as never as { _scope: { scheduler: Scheduler } })._scope;
    await program;
    checkIdle(scheduler);
    const { answered, begun, cancelled, late, workers } = server;
    t.diagnostic(
      `server ${JSON.stringify({ answered, begun, cancelled, late })}, heap ${samples.join(", ")} MB`,
    );
    assert.equal(answered + cancelled + late, begun, "each request came to one end");
    assert.ok(answered > 0 && cancelled > 0 && late > 0, "of all kinds");
    assert.deepEqual(workers.stats(), { limit: 50, held: 0, available: 50, waiting: 0 });
    const [first, last] = samples;
    if (first !== undefined && last !== undefined) {
      assert.ok(last < first * 1.5 + 10, `the heap has grown from ${first} to ${last} MB`);
    }
  },
);
