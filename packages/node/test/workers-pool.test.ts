/** The life of a pool: how its workers start and end, and what becomes of the calls then. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { all, Channel, run, scope, sleep, spawn, supervised } from "fibril";
import { moduleAt, openWorkers, type Workers } from "@fibril/node";
import { caught, holds } from "./support/streams.ts";
import type { Signs } from "./support/worker-job.ts";

const job = moduleAt<typeof import("./support/worker-job.ts")>(
  new URL("./support/worker-job.js", import.meta.url),
);

const signs = (): Signs => new Int32Array(new SharedArrayBuffer(8));

test("options that are none are refused", () => {
  assert.throws(
    () => openWorkers({ size: 0 }),
    /the option size of openWorkers takes a whole number from 1/,
  );
  assert.throws(() => openWorkers({ threads: 1 } as never), /has no option "threads"/);
});

test("workers start when they are needed, run so many calls, end when they are idle, and with the scope", async () => {
  let pool: Workers | undefined;
  await run(function* () {
    yield* scope(function* () {
      const workers = yield* openWorkers({ size: 2, perWorker: 2, idle: 30, grace: 30_000 });
      pool = workers;
      assert.equal(workers.stats().workers, 0);
      const at = signs();
      const calls = [0, 1, 2].map(() => spawn(() => workers.run(job, "waits", at)));
      yield* holds(() => workers.stats().running === 3);
      assert.equal(workers.stats().workers, 2);
      for (const call of calls) yield* call.cancel();
      yield* holds(() => workers.stats().workers === 0);
      assert.equal(yield* workers.run(job, "add", 1, 2), 3);
    });
    assert.equal(pool!.stats().workers, 0);
    assert.equal(yield* caught(() => pool!.run(job, "add", 1, 2)), "closed");
  });
});

test("a call is cancelled before its worker is ready; the worker serves the next", async () => {
  await run(function* () {
    const workers = yield* openWorkers({ size: 1 });
    const channel = new Channel<unknown>(1);
    const first = spawn(() => workers.run(job, "sends", channel.sender(), 1));
    yield* sleep(0);
    assert.deepEqual([workers.stats().waiting, workers.stats().idle], [1, 0]);
    yield* first.cancel();
    assert.equal(workers.stats().waiting, 0);
    assert.equal(yield* caught(() => channel.receive()), "broken", "its half was closed");
    assert.equal(yield* workers.run(job, "add", 2, 2), 4);
  });
});

test("when a pool closes, calls under way are cancelled and fail, and so do those in line", async () => {
  await run(function* () {
    yield* supervised(function* () {
      const workers = yield* openWorkers({ size: 1, name: "closing", grace: 30_000 });
      const at = signs();
      const running = spawn(() => caught(() => workers.run(job, "waits", at)));
      yield* holds(() => Atomics.load(at, 0) === 1);
      const waiting = spawn(() => caught(() => workers.run(job, "add", 1, 2)));
      yield* holds(() => workers.stats().waiting === 1);
      yield* all([() => workers.close(), () => workers.close()]);
      assert.deepEqual([yield* running, yield* waiting], ["closed", "closed"]);
      assert.equal(Atomics.load(at, 1), 1, "it has cleaned up");
      yield* workers.close();
      const channel = new Channel<unknown>(1);
      const late = yield* caught(() => workers.run(job, "sends", channel.sender(), 1));
      assert.deepEqual([late, channel.closed], ["closed", true]);
    });
  });
});

test("a grace that is longer than a timer of Node may be is no short one", async () => {
  await run(function* () {
    const workers = yield* openWorkers({ size: 1, grace: 2 ** 40 });
    const at = signs();
    const running = spawn(() => workers.run(job, "waits", at));
    yield* holds(() => Atomics.load(at, 0) === 1);
    yield* running.cancel();
    assert.equal(Atomics.load(at, 1), 1, "it has cleaned up");
    assert.equal(yield* workers.run(job, "add", 1, 2), 3);
  });
});

test("a call that never gives way is ended with its worker, whose other calls fail", async () => {
  await run(function* () {
    const workers = yield* openWorkers({ size: 1, perWorker: 2, grace: 50, name: "shared" });
    const at = signs();
    const other = spawn(() => caught(() => workers.run(job, "waits", signs())));
    const spinning = spawn(() => workers.run(job, "spins", at));
    yield* holds(() => Atomics.load(at, 0) === 1);
    yield* spinning.cancel();
    assert.equal(spinning.outcome?.ending, "cancelled");
    assert.equal(yield* other, "broken");
    assert.equal(yield* workers.run(job, "add", 1, 2), 3);
  });
});

test("workers that do not start are tried so often and no more, and each call is told why", async () => {
  const execArgv = ["--import", "data:text/javascript,process.exit(7)"];
  await run(function* () {
    const workers = yield* openWorkers({ size: 2, execArgv, name: "doomed" });
    const calls = [0, 1].map(() => spawn(() => caught(() => workers.run(job, "add", 1, 2))));
    for (const call of calls) assert.equal(yield* call, "broken");
    const refused = yield* openWorkers({ size: 1, execArgv: ["--no-such-option"] });
    assert.equal(yield* caught(() => refused.run(job, "add", 1, 2)), "broken");
    yield* holds(() => workers.stats().workers === 0);
  });
});

test("a worker that runs out of memory fails its call alone", async () => {
  const grows = `data:text/javascript,export function* grows() { const all = []; for (;;) all.push(new Array(1e5).fill(all.length)); }`;
  await run(function* () {
    const workers = yield* openWorkers({ size: 1, resourceLimits: { maxOldGenerationSizeMb: 32 } });
    assert.equal(yield* caught(() => workers.run(grows, "grows")), "broken");
    assert.equal(yield* workers.run(job, "add", 1, 2), 3);
  });
});
