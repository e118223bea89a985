/** Servers in several processes: their start, a reload and a close under load, and members that die. */
import assert from "node:assert/strict";
import nodeCluster from "node:cluster";
import http from "node:http";
import { test } from "node:test";
import { failAfter, type Routine, run, scope, spawn, until } from "fibril";
import { type Cluster, moduleAt, openCluster } from "@fibril/node";
import { caught, holds } from "./support/streams.ts";

const job = moduleAt<typeof import("./support/cluster-job.ts")>(
  new URL("./support/cluster-job.js", import.meta.url),
);
const CLIENTS = 20;

/** Each case has its limit, and then ends its processes. */
const limited = (work: () => Routine<void>): Promise<void> => run(() => failAfter(60_000, work));

interface Tally {
  answers: number;
  readonly pids: Set<string>;
  readonly errors: string[];
}

/** A request, on a connection that is kept alive if `agent` keeps it. */
function ask(port: number, body: string, agent: http.Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.request({ port, host: "127.0.0.1", method: "POST", agent }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => void (text += chunk));
      response.on("end", () => resolve(text));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Asks again and again until `stop` is set; half of the clients keep their connections. */
async function client(cluster: Cluster, id: number, tally: Tally, stop: { now: boolean }) {
  const agent = new http.Agent({ keepAlive: id % 2 === 0, maxSockets: 1 });
  for (let n = 0; !stop.now; n++) {
    const body = `${id}/${n}`;
    try {
      const [pid = "", text] = (await ask(cluster.port!, body, agent)).split(" ");
      assert.equal(text, body);
      tally.answers++;
      tally.pids.add(pid);
    } catch (error) {
      tally.errors.push(String(error));
    }
  }
  agent.destroy();
}

test("members share a port, and are replaced under load without a request lost", () =>
  limited(function* () {
    const cluster = yield* openCluster({ size: 2 }, job, "echoes", 0);
    const tally: Tally = { answers: 0, pids: new Set(), errors: [] };
    const stop = { now: false };
    const clients = Array.from({ length: CLIENTS }, (_, id) => client(cluster, id, tally, stop));
    yield* holds(() => tally.pids.size === 2 && tally.answers > 100);
    const before = Array.from(tally.pids);
    yield* cluster.reload();
    tally.pids.clear();
    const { answers } = tally;
    yield* holds(() => tally.answers > answers + 5 * CLIENTS && tally.pids.size === 2);
    assert.ok(before.every((pid) => !tally.pids.has(pid)));
    stop.now = true;
    yield* until(Promise.all(clients));
    assert.deepEqual(tally.errors, []);
    assert.deepEqual(cluster.stats(), { size: 2, members: 2, lost: 0 });
    yield* cluster.close();
    assert.deepEqual([cluster.state, cluster.stats().members], ["closed", 0]);
  }));

test("a member that does not start says why, and leaves nothing behind", () =>
  limited(function* () {
    assert.equal(yield* caught(() => openCluster({ size: 1 }, job, "failsToStart")), "no start");
    assert.equal(yield* caught(() => openCluster({ size: 1 }, job, "endsAtOnce")), "broken");
    const missing = yield* caught(() => openCluster({ size: 1 }, job.href, "nope"));
    assert.match(missing, /exports no routine "nope"/);
    assert.throws(() => openCluster({ size: 0 }, job, "failsToStart"), RangeError);
  }));

test("a process that cannot be started is an error, and is not waited for", () =>
  limited(function* () {
    const { execPath } = process;
    process.execPath = "/there/is/no/such/program";
    try {
      const opening = () => openCluster({ size: 1 }, job, "echoes", 0);
      assert.match(yield* caught(opening), /^broken$/);
    } finally {
      process.execPath = execPath;
    }
  }));

test("a member that dies while others are replaced is not replaced twice", () =>
  limited(function* () {
    const cluster = yield* openCluster({ size: 2, onError: () => {} }, job, "echoes", 0);
    const last = Object.values(nodeCluster.workers ?? {}).at(-1)!;
    const reloading = spawn(() => cluster.reload());
    yield* holds(() => cluster.stats().members === 3);
    last.process.kill("SIGKILL");
    yield* reloading;
    yield* holds(() => cluster.stats().lost === 1 && cluster.stats().members === 2);
    yield* cluster.close();
  }));

test("a member that dies is replaced, and the cluster ends with its scope", () =>
  limited(function* () {
    const errors: string[] = [];
    let cluster: Cluster | undefined;
    yield* scope(function* (block) {
      const onError = (error: unknown): void => void errors.push(String(error));
      const opened = (cluster = yield* openCluster({ size: 2, onError }, job, "echoes", 0));
      const agent = new http.Agent();
      const lost = yield* caught(() => until(ask(opened.port!, "die", agent)));
      assert.equal(lost, "ECONNRESET");
      yield* holds(() => opened.stats().lost === 1 && opened.stats().members === 2);
      assert.match(
        errors[0]!,
        /process \d+ of the cluster has ended by itself, with signal SIGKILL/,
      );
      spawn(function* () {
        const answer = yield* until(ask(opened.port!, "hello", agent));
        assert.match(answer, /^\d+ hello$/);
        block.cancel("enough");
      });
    });
    assert.equal(cluster?.stats().members, 0);
  }));
