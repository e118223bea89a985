/** What a channel must not do to others: starve a fiber, a timer or a receiver, or keep what it has given away. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Channel, Mutex, type Routine, run, scope, select, sleep, spawn, suspend } from "fibril";
import { frames, KILL, perform, RAISE, RETURN, START } from "fibril/frames";
import { VirtualHost } from "fibril/testing";
import { play } from "./support/manual-host.ts";

/** A host whose clock goes on only when fibers say that they compute. */
class WorkHost extends VirtualHost {
  private worked = 0;

  work(ms: number): void {
    this.worked += ms;
  }

  override now(): number {
    return super.now() + this.worked;
  }
}

/** Forever: does the next thing, which never has to wait for long, and then computes. */
type Worker = (host: WorkHost, channel: Channel<number>, ms: number) => Routine;

const WORKERS: Readonly<Record<string, Worker>> = {
  *"drain a full channel"(host, channel, ms) {
    for (;;) {
      yield* channel.receive();
      host.work(ms);
    }
  },
  "drain a full channel as state machines": frames<[WorkHost, Channel<number>, number], never>(
    "drains",
    (frame, how, value) => {
      if (how === RAISE) throw value;
      if (how === RETURN) return KILL;
      if (how !== START) (frame.a as WorkHost).work(frame.c as number);
      return perform((frame.b as Channel<number>).receive());
    },
  ) as unknown as Worker,
  *"take a mutex that is free"(host, _channel, ms) {
    const mutex = new Mutex();
    for (;;) {
      yield* mutex.acquire();
      mutex.release();
      host.work(ms);
    }
  },
  *"begin waits that end at once"(host, _channel, ms) {
    for (;;) {
      yield* suspend<void>((wake) => wake());
      host.work(ms);
    }
  },
};

for (const [what, worker] of Object.entries(WORKERS)) {
  for (const ms of [0.000_01, 0.001, 0.01, 0.03, 0.1]) {
    test(`a sleep of 5 ms among 300 fibers that ${what}, ${ms} ms each time, is at most 50 ms late`, async () => {
      const host = new WorkHost();
      const channel = new Channel<number>(Infinity);
      for (let i = 0; i < 200_000; i++) channel.trySend(i);
      let woken = Number.NaN;
      await run({ host }, function* () {
        const began = host.now();
        yield* scope(function* (all) {
          spawn(function* () {
            yield* sleep(5);
            woken = host.now() - began;
            all.cancel();
          });
          for (let i = 0; i < 300; i++) spawn(worker, host, channel, ms);
        });
      });
      assert.ok(woken <= 55, `woken after ${woken} ms`);
    });
  }
}

test("receivers of a full channel share what is in it", () => {
  const counts = [0, 0, 0, 0];
  play(function* () {
    const channel = new Channel<number>(Infinity);
    for (let i = 0; i < 4_000; i++) channel.trySend(i);
    channel.close();
    yield* scope(function* () {
      for (let id = 0; id < 4; id++) {
        spawn(() => channel.each(() => void (counts[id] = (counts[id] as number) + 1)));
      }
    });
  });
  for (const count of counts) assert.ok(count > 500, counts.join(" "));
});

test("a select over channels that are always ready gives each its share", () => {
  const counts = [0, 0, 0];
  play(function* () {
    const channels = counts.map(() => new Channel<number>(Infinity));
    for (const channel of channels) for (let i = 0; i < 3_000; i++) channel.trySend(i);
    const cases = channels.map((channel) => () => channel.receive());
    for (let i = 0; i < 3_000; i++) {
      const { key } = yield* select(cases);
      counts[key] = (counts[key] as number) + 1;
    }
  });
  for (const count of counts) assert.ok(count > 700, counts.join(" "));
});

// Bun scans the stack conservatively, and may keep one of the four by accident.
const skip =
  (globalThis as { Bun?: unknown }).Bun !== undefined && "this host may keep some by accident";

test("a channel holds nothing of what it has handed over", { skip }, async () => {
  const channel = new Channel<object>(2);
  const gone = await (async () => {
    const refs: WeakRef<object>[] = [];
    const give = (): void => {
      const message = {};
      refs.push(new WeakRef(message));
      channel.trySend(message);
    };
    for (let i = 0; i < 2; i++) give();
    channel.tryDrain();
    await run(function* () {
      yield* scope(function* (all) {
        spawn(function* () {
          yield* channel.receive();
          yield* channel.receive();
          all.cancel();
        });
        yield* sleep(1);
        give();
        give();
      });
    });
    return refs;
  })();
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc?.();
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc?.();
  assert.deepEqual(
    gone.map((ref) => ref.deref()),
    gone.map(() => undefined),
  );
});
