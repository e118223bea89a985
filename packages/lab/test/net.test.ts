/** Servers compared: each program does what it claims, and a client that is not answered is told. */
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { test } from "node:test";
import { type Cell, type Experiment, isSample, isStopped, NET_EXPERIMENTS } from "#lab/cell.js";
import { experiments } from "#lab/experiments/registry.js";
import { autocannonLoad } from "#lab/net/autocannon.js";
import { calls } from "#lab/net/callers.js";
import { readWrk } from "#lab/net/wrk.js";
import { planSuite } from "#lab/runs/plan.js";
import { isFound } from "#lab/runtimes/entry.js";
import { findRuntime } from "#lab/runtimes/registry.js";
import { serverRuntimes } from "#lab/runtimes/servers.js";
import { run } from "#lab/system/child.js";
import { lab } from "./support.js";

const never = new AbortController().signal;
const PATIENCE = 60;

async function outcomeOf(runtime: string, experiment: Experiment, more: Partial<Cell> = {}) {
  const entry = findRuntime(runtime, experiment)!;
  const cell: Cell = {
    experiment,
    runtime,
    order: "sequential",
    fibers: 5,
    count: 0,
    limit: 0.1,
    ...more,
  };
  const { command, args } = await entry.command!(cell);
  const { stdout, stderr, trouble } = await run(command, args, PATIENCE, never);
  assert.equal(trouble, undefined, `${stdout}${stderr}`);
  return JSON.parse(stdout);
}

for (const { name, find } of serverRuntimes) {
  test(`${name} says hello to each client`, async (t) => {
    for (const found of [await find(), await findRuntime("fastify")!.find()]) {
      if (!isFound(found)) return t.skip(found.missing);
    }
    const outcome = await outcomeOf(name, "http");
    assert.ok(isSample(outcome), JSON.stringify(outcome));
    assert.ok(outcome.count > 0 && outcome.seconds > 0 && outcome.userSeconds! > 0);
    assert.ok(outcome.latency!.p50 <= outcome.latency!.max);
  });
}

test("latency under load: as many answers as requests, each from when it was due", async () => {
  const { count, seconds, latency } = await outcomeOf("fibril", "http-latency");
  assert.ok(count > 0 && seconds > 0);
  assert.ok(latency.p50 > 0 && latency.p50 <= latency.p99 && latency.p99 <= latency.max);
});

test("round trips, and connections that say nothing", async () => {
  for (const runtime of ["fibril", "fibril-compiled", "fibril-direct", "callbacks"]) {
    const trips = await outcomeOf(runtime, "echo");
    assert.ok(isSample(trips) && trips.count > 5, JSON.stringify(trips));
  }
  const idle = await outcomeOf("fibril", "idle", { fibers: 300 });
  assert.equal(idle.count, 300);
  assert.ok(idle.heapBytesPerFiber > 0);
});

test("more connections than open files are a limit, with what lifts it", async () => {
  const outcome = await outcomeOf("callbacks", "idle", { fibers: 90_000_000 });
  assert.ok(isStopped(outcome), JSON.stringify(outcome));
  assert.match(outcome.error, /may have \d+ files open/);
  assert.match(outcome.hint!, /^ulimit -n 90000300/);
});

test("a server that answers wrongly, or hangs up, is an error and no record", async () => {
  const rude = createServer((_request, response) => void response.writeHead(500).end("no"));
  await new Promise<void>((listens) => void rude.listen(0, "127.0.0.1", listens));
  const load = { connections: 2, seconds: 0.1, protocol: "http", kind: "http" } as const;
  try {
    const { port } = rude.address() as AddressInfo;
    await assert.rejects(autocannonLoad({ ...load, port }), /were not answered as they should/);
  } finally {
    rude.closeAllConnections();
    rude.close();
  }
  const deaf = createTcpServer((socket) => socket.destroy());
  await new Promise<void>((listens) => void deaf.listen(0, "0.0.0.0", listens));
  try {
    const { port } = deaf.address() as AddressInfo;
    const asked = { ...load, port, protocol: "echo", kind: "calls" } as const;
    await assert.rejects(calls(asked), /closed a connection|reset|hang up/i);
  } finally {
    deaf.close();
  }
});

test("what wrk prints", () => {
  const text = `Running 1s test @ http://127.0.0.1:8080/
  1 threads and 50 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     2.05ms  800.00us  21.40ms   90.00%
    Req/Sec    24.00k     1.00k   26.00k    70.00%
  Latency Distribution
     50%    1.90ms
     75%    2.00ms
     90%    2.50ms
     99%    5.25ms
  24500 requests in 1.10s, 3.40MB read
Requests/sec:  22272.73
Transfer/sec:      3.09MB
`;
  const { count, seconds, latency } = readWrk(text);
  assert.deepEqual([count, seconds], [24_500, 1.1]);
  assert.deepEqual(
    Object.values(latency!).map((value) => value.toFixed(5)),
    ["0.00190", "0.00525", "0.02140"],
  );
  assert.throws(() => readWrk(`${text}  Non-2xx or 3xx responses: 3\n`), /wrk: Non-2xx.*3$/);
  assert.throws(() => readWrk("unable to connect"), /wrk printed "unable to connect"/);
});

test("every experiment has a table of its own, and who is compared is compared with Fibril", () => {
  const known = experiments.filter(({ suite }) => suite === "net").map(({ name }) => name);
  assert.deepEqual(known, NET_EXPERIMENTS);
  const cells = planSuite("net", NET_EXPERIMENTS, {});
  for (const name of NET_EXPERIMENTS) {
    const runtimes = cells.filter(({ experiment }) => experiment === name);
    assert.ok(runtimes.length > 1 && runtimes[0]!.runtime === "fibril", name);
  }
  const quick = planSuite("net", ["http"], { quick: true });
  assert.deepEqual(
    quick.map(({ runtime, limit }) => [runtime, limit]),
    [
      ["fibril", 1],
      ["callbacks", 1],
    ],
  );
});

test("fibril-lab net prints a table an experiment; --only chooses", async () => {
  const some = ["--only", "idle", "--fibers", "50", "--repeats", "1"];
  const { code, stdout, stderr } = await lab(["net", ...some]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^ +50 +callbacks .*×$/m);
  assert.doesNotMatch(stdout, /HTTP/);
  const wrong = await lab(["net", "--only", "nothing"]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /must be a list of http, http-latency, echo, idle/);
});
