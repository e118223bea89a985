/**
 * The barrier against an array of who has come, in random programs and seeded orders: all of a number go on
 * together, each with its place; who is ended while it waits has not come.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Barrier, Cancelled, type Routine, type Scope, seeded, supervised, yieldNow } from "fibril";
import type { AnyFiber } from "./support/body.ts";
import { play } from "./support/manual-host.ts";
import { SEED } from "./support/seed.ts";

const RUNS = Number(process.env["FIBRIL_LOCK_RUNS"] ?? 200);

class Raised extends Error {}

interface Arrival {
  place: number | undefined;
  gone: boolean;
}

class Model {
  readonly parties: number;
  line: Arrival[] = [];
  trips = 0;

  constructor(parties: number) {
    this.parties = parties;
  }

  come(arrival: Arrival): void {
    this.line.push(arrival);
    if (this.line.length < this.parties) return;
    this.trips++;
    for (const [place, each] of this.line.entries()) each.place = place;
    this.line = [];
  }

  leave(arrival: Arrival | undefined): void {
    if (arrival === undefined || arrival.place !== undefined) return;
    arrival.gone = true;
    this.line = this.line.filter((each) => each !== arrival);
  }
}

const plan = fc.record({
  parties: fc.integer({ min: 1, max: 4 }),
  workers: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 9 }),
  deeds: fc.array(
    fc.record({
      after: fc.nat(2),
      deed: fc.constantFrom("cancel", "kill", "raise", "tryWait"),
      who: fc.nat(9),
    }),
    { maxLength: 8 },
  ),
});

test(`${RUNS} random programs with a barrier`, (t) => {
  const counts: Record<string, number> = { through: 0, cut: 0, tried: 0 };
  const count = (what: string): void => void (counts[what] = (counts[what] ?? 0) + 1);
  fc.assert(
    fc.property(plan, fc.nat(), ({ deeds, parties, workers }, seed) => {
      const barrier = new Barrier(parties, { name: "b" });
      const model = new Model(parties);
      const check = (): void =>
        assert.deepEqual(barrier.stats(), {
          parties,
          waiting: model.line.length,
          trips: model.trips,
        });
      const arrivals = new Map<AnyFiber, Arrival>();
      const asked = new Set<AnyFiber>();

      function* works(self: () => AnyFiber, times: number): Routine<void> {
        for (; times > 0; times--) {
          const arrival: Arrival = { place: undefined, gone: asked.has(self()) };
          if (!arrival.gone) {
            arrivals.set(self(), arrival);
            model.come(arrival);
          }
          try {
            assert.equal(yield* barrier.wait(), arrival.place);
            count("through");
          } catch (error) {
            if (error instanceof Cancelled) throw error;
            assert.ok(error instanceof Raised, String(error));
            count("cut");
          }
          check();
          yield* yieldNow();
        }
      }

      play(
        function* () {
          yield* supervised(function* (all: Scope) {
            const fibers = workers.map((times) => {
              const fiber: AnyFiber = all.spawn(() => works(() => fiber, times)) as AnyFiber;
              return fiber;
            });
            for (const { after, deed, who } of deeds) {
              for (let left = after; left > 0; left--) yield* yieldNow();
              const fiber = fibers[who % fibers.length] as AnyFiber;
              if (deed === "tryWait") {
                const last = model.line.length === parties - 1;
                if (last) model.come({ place: undefined, gone: false });
                assert.equal(barrier.tryWait(), last);
                count("tried");
              } else if (fiber.waitingOn?.what.startsWith('barrier "b"') === true) {
                if (deed === "raise") fiber.raise(new Raised());
                else if (deed === "kill") fiber.kill();
                else void fiber.cancel();
                if (deed !== "raise") asked.add(fiber);
                model.leave(arrivals.get(fiber));
              }
              check();
            }
            for (let left = 20; left > 0; left--) yield* yieldNow();
            check();
            for (const fiber of fibers) {
              if (!fiber.alive) continue;
              asked.add(fiber);
              model.leave(arrivals.get(fiber));
              void fiber.cancel();
            }
            check();
          });
        },
        { policy: seeded(seed) },
      );
      assert.equal(barrier.stats().waiting, 0);
    }),
    { seed: SEED, numRuns: RUNS },
  );
  t.diagnostic(`seed ${SEED}: ${JSON.stringify(counts)}`);
});
