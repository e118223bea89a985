/**
 * A busy program for as long as you like, on the host's own loop and clock: a server of a kind, whose
 * requests spawn, wait, fail, give up, are cancelled and killed at random. Nothing may leak, no error
 * be lost, and memory must stay flat.
 *
 * FIBRIL_SOAK_SECONDS  how long (a fraction of one by default); FIBRIL_SEED  which
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Host,
  monitor,
  type Routine,
  run,
  scope,
  seeded,
  shield,
  sleep,
  spawn,
  supervised,
} from "fibril";
import type { Scheduler } from "#core/schedule/scheduler";
import type { AnyFiber } from "./support/body.ts";
import { collected, collectGarbage } from "./support/garbage.ts";
import { checkIdle } from "./support/manual-host.ts";
import { Service } from "./support/service.ts";
import { SEED } from "./support/seed.ts";

const SECONDS = Number(process.env["FIBRIL_SOAK_SECONDS"] ?? 0.4);
/** Requests at a time. */
const CROWD = 100;

/** Megabytes of live objects; undefined where they cannot be told from garbage. */
function heap(): number | undefined {
  return collectGarbage() ? process.memoryUsage().heapUsed / 2 ** 20 : undefined;
}

function* serve(service: Service, samples: number[], refs: WeakRef<object>[]): Routine<void> {
  const end = performance.now() + SECONDS * 1000;
  let next = performance.now();
  yield* supervised(function* (all) {
    while (performance.now() < end) {
      while (all.children.length < CROWD) {
        const request: AnyFiber = spawn(() => service.request());
        service.began++;
        monitor(request, ({ ending, value }) => service.ended(ending, value));
        if (service.began % 100 === 0) refs.push(new WeakRef(request));
        if (service.random.chance(10)) service.disturb(all.children as AnyFiber[]);
      }
      yield* sleep(1);
      if (performance.now() > next) {
        // The crowd itself should not be measured.
        while (all.children.length > 0) yield* sleep(1);
        const megabytes = heap();
        if (megabytes !== undefined) samples.push(megabytes);
        next = performance.now() + SECONDS * 50;
      }
    }
  });
}

test(`${SECONDS} seconds of everything at once`, async (t) => {
  t.diagnostic(`seed ${SEED}`);
  const service = new Service(SEED);
  const samples: number[] = [];
  const refs: WeakRef<object>[] = [];
  const started = run({ policy: seeded(SEED) }, serve, service, samples, refs);
  const { scheduler } = (started.fiber as never as { _scope: { scheduler: Scheduler } })._scope;
  const host = scheduler.host as { report: Host["report"] };
  const { report } = host;
  host.report = (error) => service.reported(error);
  try {
    await started;
  } finally {
    host.report = report;
  }
  checkIdle(scheduler);
  service.check();
  t.diagnostic(`${service.began} requests: ${JSON.stringify(service.endings)}`);
  if (collectGarbage()) {
    const gone = await collected(refs);
    assert.ok(gone >= refs.length * 0.9, `${gone} of ${refs.length} requests collected`);
  }
  if (samples.length >= 10) {
    const [early, late] = [samples.slice(2, 6), samples.slice(-4)].map((some) => Math.min(...some));
    t.diagnostic(`heap ${early} to ${late} MB`);
    assert.ok(late! < early! * 1.2 + 2, `the heap has grown from ${early} to ${late} MB`);
  }
});

test("a program that is cancelled in the middle of everything ends all the same", async () => {
  const service = new Service(SEED);
  const started = run({ policy: seeded(SEED) }, function* () {
    yield* scope(function* (all) {
      for (let i = 0; i < CROWD; i++) {
        const request: AnyFiber = spawn(() =>
          supervised(function* () {
            for (;;) {
              const each = spawn(() => service.request());
              service.began++;
              monitor(each, ({ ending, value }) => service.ended(ending, value));
              yield* sleep(service.random.below(3));
            }
          }),
        );
        service.disturb([request]);
      }
      yield* sleep(20);
      all.cancel("closing time");
      yield* shield(() => sleep(1));
    });
  });
  const { scheduler } = (started.fiber as never as { _scope: { scheduler: Scheduler } })._scope;
  await started.catch(() => {});
  checkIdle(scheduler);
  service.check();
});
