/**
 * Producers and consumers that meet at a condition, with fibers that are ended at random: nobody is in the
 * protected part with somebody else, also on the way out of a wait that was cut; and no notification is
 * lost: when all has come to rest, nobody waits for what is there.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  Cancelled,
  Condition,
  Mutex,
  type Routine,
  type Scope,
  seeded,
  supervised,
  yieldNow,
} from "fibril";
import type { AnyFiber } from "./support/body.ts";
import { play } from "./support/manual-host.ts";
import { SEED } from "./support/seed.ts";

const RUNS = Number(process.env["FIBRIL_LOCK_RUNS"] ?? 200);

class Raised extends Error {}

const plan = fc.record({
  consumers: fc.array(fc.record({ times: fc.integer({ min: 1, max: 3 }), hold: fc.nat(2) }), {
    minLength: 1,
    maxLength: 6,
  }),
  producers: fc.array(fc.record({ times: fc.integer({ min: 1, max: 4 }), hold: fc.nat(2) }), {
    minLength: 1,
    maxLength: 3,
  }),
  deeds: fc.array(
    fc.record({
      after: fc.nat(2),
      deed: fc.constantFrom("cancel", "kill", "raise"),
      who: fc.nat(9),
    }),
    { maxLength: 8 },
  ),
});

test(`${RUNS} random programs with a condition`, (t) => {
  const counts: Record<string, number> = {};
  const count = (what: string): void => void (counts[what] = (counts[what] ?? 0) + 1);
  fc.assert(
    fc.property(plan, fc.nat(), ({ consumers, deeds, producers }, seed) => {
      const mutex = new Mutex({ name: "m" });
      const filled = new Condition({ mutex, name: "filled" });
      const stock = { items: 0 };
      let inside: object | undefined;
      /** Only one is in here, except while it waits. */
      const comes = (who: object): void => {
        assert.equal(inside, undefined, "somebody else is inside");
        inside = who;
      };
      const goes = (who: object): void => {
        assert.equal(inside, who);
        inside = undefined;
      };

      function* consumes({ hold, times }: { hold: number; times: number }): Routine<void> {
        for (; times > 0; times--) {
          const who = {};
          try {
            yield* mutex.with(function* () {
              comes(who);
              try {
                while (stock.items === 0) {
                  goes(who);
                  try {
                    yield* filled.wait();
                    count("woken");
                  } finally {
                    comes(who);
                  }
                }
                stock.items--;
                count("consumed");
                for (let left = hold; left > 0; left--) yield* yieldNow();
              } finally {
                goes(who);
              }
            });
          } catch (error) {
            if (error instanceof Cancelled) throw error;
            assert.ok(error instanceof Raised, String(error));
            count("raised");
          }
        }
      }

      function* produces({ hold, times }: { hold: number; times: number }): Routine<void> {
        for (; times > 0; times--) {
          const who = {};
          yield* mutex.with(function* () {
            comes(who);
            try {
              stock.items++;
              filled.notify();
              for (let left = hold; left > 0; left--) yield* yieldNow();
            } finally {
              goes(who);
            }
          });
          yield* yieldNow();
        }
      }

      play(
        function* () {
          yield* supervised(function* (all: Scope) {
            const fibers = consumers.map((each) => all.spawn(() => consumes(each)) as AnyFiber);
            for (const each of producers) all.spawn(() => produces(each));
            for (const { after, deed, who } of deeds) {
              for (let left = after; left > 0; left--) yield* yieldNow();
              const fiber = fibers[who % fibers.length] as AnyFiber;
              if (!fiber.alive) continue;
              count(deed);
              if (deed === "cancel") void fiber.cancel();
              else if (deed === "kill") fiber.kill();
              else {
                try {
                  fiber.raise(new Raised());
                } catch {
                  count("refused");
                }
              }
            }
            for (let left = 100; left > 0; left--) yield* yieldNow();
            const { waiting } = filled.stats();
            assert.ok(
              stock.items === 0 || waiting === 0,
              `${waiting} wait for ${stock.items} items`,
            );
            assert.equal(mutex.locked, false);
            for (const fiber of fibers) void fiber.cancel();
          });
        },
        { policy: seeded(seed) },
      );
      assert.equal(inside, undefined);
      assert.deepEqual([mutex.stats(), filled.stats()], [{ held: 0, waiting: 0 }, { waiting: 0 }]);
    }),
    { seed: SEED, numRuns: RUNS },
  );
  t.diagnostic(`seed ${SEED}: ${JSON.stringify(counts)}`);
});
