/** Channels that cross to workers, and items in parallel. One pool serves all. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Channel,
  failAfter,
  type Routine,
  run,
  sleep,
  spawn,
  supervised,
  until,
  yieldNow,
} from "fibril";
import { moduleAt, openWorkers, parallel, transfer, type Workers } from "@fibril/node";
import { caught, holds } from "./support/streams.ts";
import type { Signs } from "./support/worker-job.ts";

const job = moduleAt<typeof import("./support/worker-job.ts")>(
  new URL("./support/worker-job.js", import.meta.url),
);

/** What may be under way at most: the window, and what the flow has in its hands. */
const UNDER_WAY = 34;

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

const CASES: Record<string, (workers: Workers) => Routine<void>> = {
  *"messages go to a worker and come from it, in order, and both ends are told of the end"(
    workers,
  ) {
    const [to, from] = [new Channel<number>(4), new Channel<number>(4)];
    const calling = spawn(() => workers.run(job, "doubles", to.receiver(), from.sender()));
    spawn(function* () {
      for (const n of numbers(500)) yield* to.send(n);
      to.close();
    });
    const seen: number[] = [];
    yield* from.each((n) => void seen.push(n));
    assert.deepEqual(
      seen,
      numbers(500).map((n) => 2 * n),
    );
    yield* calling;
    assert.equal(yield* caught(() => to.send(1)), "closed");
  },

  *"a worker that sends waits for room"(workers) {
    const channel = new Channel<unknown>(3);
    const at: Signs = new Int32Array(new SharedArrayBuffer(8));
    const calling = spawn(() => workers.run(job, "sends", channel.sender(), 1_000, at));
    yield* holds(() => Atomics.load(at, 0) >= 3);
    // It has time to go on, if nothing holds it.
    yield* workers.run(job, "sleeps", 20);
    assert.ok(Atomics.load(at, 0) <= 3 + UNDER_WAY, `${Atomics.load(at, 0)} were sent`);
    let count = 0;
    yield* channel.each(() => void count++);
    assert.equal(count, 1_000);
    yield* calling;
  },

  *"messages that a call has not received are there when it has ended, in their order"(workers) {
    const channel = new Channel<unknown>(100);
    const rest = channel.receiver();
    for (const n of numbers(60)) channel.trySend(n);
    assert.deepEqual(yield* workers.run(job, "receives", channel.receiver(), 5), numbers(5));
    assert.deepEqual(rest.tryDrain(), numbers(60).slice(5));
    const buffers = numbers(4).map((n) => new Uint8Array([n]));
    for (const bytes of buffers) channel.trySend(transfer(bytes, [bytes.buffer]));
    yield* workers.run(job, "receives", channel.receiver(), 1);
    assert.deepEqual(rest.tryDrain(), buffers.map((_, n) => new Uint8Array([n])).slice(1));
    assert.equal(buffers[3]!.length, 0, "it was moved, and moved back");
  },

  *"a call that is cancelled, and one whose worker ends, lose no message either"(workers) {
    const channel = new Channel<unknown>(100);
    const rest = channel.receiver();
    for (const n of numbers(10)) channel.trySend(n);
    const calling = spawn(() => workers.run(job, "ignores", channel.receiver()));
    yield* holds(() => channel.stats().buffered === 0);
    yield* calling.cancel();
    assert.deepEqual(rest.tryDrain(), numbers(10));
    for (const n of numbers(10)) channel.trySend(n);
    const lost = yield* caught(() => workers.run(job, "receivesAndExits", channel.receiver(), 3));
    assert.equal(lost, "broken");
    assert.deepEqual(rest.tryDrain(), numbers(10).slice(3));
    const output = new Channel<unknown>(2);
    const mine = output.receiver();
    const at: Signs = new Int32Array(new SharedArrayBuffer(8));
    const sending = spawn(() => workers.run(job, "sends", output.sender(), 1_000, at));
    yield* holds(() => Atomics.load(at, 0) > 10);
    yield* sending.cancel();
    const seen = mine.tryDrain();
    assert.deepEqual(seen, numbers(seen.length));
    assert.ok(seen.length >= Atomics.load(at, 0), "what was sent has come");
  },

  *"a call that fails fails the channel that it sends to"(workers) {
    const channel = new Channel<number>(4);
    yield* supervised(function* () {
      const calling = spawn(() => workers.run(job, "sendsAndFails", channel.sender()));
      assert.equal(yield* channel.receive(), 1);
      assert.equal(yield* caught(() => channel.receive()), "half done");
      assert.equal(yield* caught(() => calling), "half done");
    });
    const closed = new Channel<number>(1);
    const receiver = closed.receiver();
    const sender = closed.sender();
    receiver.close();
    assert.match(yield* caught(() => workers.run(job, "sends", sender as never, 1_000)), /broken/);
  },

  *"a message that cannot be sent fails the call, whichever way it goes"(workers) {
    const channel = new Channel<unknown>(4);
    const rest = channel.receiver();
    const bad = (): number => 1;
    channel.trySend(bad);
    assert.match(
      yield* caught(() => workers.run(job, "receives", channel.receiver(), 1)),
      /a message for "receives" cannot be sent to another thread: it is a function/,
    );
    assert.deepEqual(rest.tryDrain(), [bad]);
    const out = new Channel<unknown>(4);
    assert.match(
      yield* caught(() => workers.run(job, "sendsFunction", out.sender())),
      /a message for "sendsFunction" cannot be sent/,
    );
    assert.throws(
      () => workers.run(job, "receives", channel as never, 1),
      /its receiver\(\) or its sender\(\)/,
    );
  },

  *"parallel keeps the order, looks ahead so far and no further, and sends where it is told"(
    workers,
  ) {
    let taken = 0;
    function* items(): Generator<number> {
      for (const n of numbers(12)) {
        taken++;
        yield n;
      }
    }
    const squares: number[] = yield* parallel(workers, items(), job, "square");
    assert.deepEqual(
      squares,
      numbers(12).map((n) => n * n),
    );
    taken = 0;
    const channel = new Channel<number>(1);
    const all = spawn(() => parallel(workers, items(), job, "square", { ahead: 3, into: channel }));
    yield* holds(() => channel.stats().buffered === 1 && workers.stats().running === 0);
    assert.ok(taken <= 5, `${taken} were taken`);
    for (const n of numbers(12)) assert.equal(yield* channel.receive(), n * n);
    yield* all;
    assert.equal(yield* caught(() => parallel(workers, numbers(20), job, "square")), "thirteen");
    // @ts-expect-error -- the routine takes no text
    const wrong = (): unknown => parallel(workers, ["a"], job, "square");
    assert.equal(typeof wrong, "function");
  },
};

const SEED = Number(process.env["FIBRIL_SEED"] ?? Date.now() % 1_000_000);

/** Numbers below `most`, the same for the same seed. */
function dice(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >> 8) % most;
  };
}

CASES["calls that are cancelled at any moment lose no message, double none, and leave nothing"] =
  function* (workers) {
    const roll = dice(SEED);
    const jobs = new Channel<number>(1_000);
    const rest = jobs.receiver();
    const received: unknown[] = [];
    let sent = 0;
    const kinds: (() => Routine<void>)[] = [
      function* () {
        received.push(...(yield* workers.run(job, "receives", jobs.receiver(), roll(20))));
      },
      function* () {
        const channel = new Channel<unknown>(2);
        const receiver = channel.receiver();
        const calling = spawn(() => workers.run(job, "sends", channel.sender(), 50));
        let count = 0;
        yield* receiver.each(() => void count++);
        yield* calling;
        assert.equal(count, 50);
      },
      function* () {
        yield* workers.run(job, "sleeps", roll(4));
      },
    ];
    for (let round = 0; round < 10; round++) {
      yield* supervised(function* () {
        for (let n = 0; n < 20; n++) {
          const fiber = spawn(kinds[roll(kinds.length)]!);
          // No call asks for more than this, so none has to wait for ever.
          for (let k = 0; k < 20; k++) if (jobs.trySend(sent)) sent++;
          if (roll(3) > 0) continue;
          const moments = roll(30);
          spawn(function* () {
            for (let k = 0; k < moments; k++) yield* k % 5 === 0 ? sleep(1) : yieldNow();
            yield* fiber.cancel("at any moment");
          });
        }
      });
      const { running, waiting } = workers.stats();
      assert.deepEqual([running, waiting], [0, 0], `seed ${SEED}`);
    }
    // What a call that was cancelled had received may be gone with it, in its hands.
    const seen = [...received, ...rest.tryDrain()];
    assert.equal(new Set(seen).size, seen.length, `seed ${SEED}: some came twice`);
    assert.ok(
      seen.length <= sent && seen.length > sent / 2,
      `seed ${SEED}: ${seen.length} of ${sent}`,
    );
  };

test("channels across threads", async (t) => {
  await run(function* () {
    const workers = yield* openWorkers({ size: 2, grace: 30_000 });
    for (const [name, body] of Object.entries(CASES)) {
      yield* until(t.test(name, () => run(() => failAfter(20_000, () => body(workers)))));
    }
    const { running, waiting } = workers.stats();
    assert.deepEqual({ running, waiting }, { running: 0, waiting: 0 });
  });
});
