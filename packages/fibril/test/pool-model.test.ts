/**
 * Pools in random programs and seeded orders, with resources that fail to be made, turn out unfit, are
 * discarded, and fibers that are ended anywhere. There are never more than the limit, nobody shares one,
 * nobody hangs, and at the end each has been destroyed, once.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  Cancelled,
  openPool,
  type Routine,
  scope,
  type Scope,
  seeded,
  sleep,
  supervised,
} from "fibril";
import type { AnyFiber } from "./support/body.ts";
import { play } from "./support/manual-host.ts";
import { SEED } from "./support/seed.ts";

const RUNS = Number(process.env["FIBRIL_LOCK_RUNS"] ?? 200);

class Raised extends Error {}
class Unmade extends Error {}

interface Thing {
  readonly id: number;
  lent: boolean;
  alive: boolean;
}

const plan = fc.record({
  limit: fc.integer({ min: 1, max: 3 }),
  minimum: fc.nat(2),
  idleTime: fc.constantFrom(0, 3, Infinity),
  checked: fc.boolean(),
  /** Which of those made fail, and which turn out unfit. */
  unmade: fc.array(fc.nat(12), { maxLength: 4 }),
  unfit: fc.array(fc.nat(12), { maxLength: 4 }),
  workers: fc.array(
    fc.record({
      at: fc.nat(6),
      times: fc.integer({ min: 1, max: 3 }),
      hold: fc.nat(3),
      manner: fc.constantFrom("with", "acquire", "discard", "try", "keep"),
    }),
    { minLength: 1, maxLength: 7 },
  ),
  deeds: fc.array(
    fc.record({
      at: fc.nat(2),
      deed: fc.constantFrom("cancel", "kill", "raise"),
      who: fc.nat(9),
    }),
    { maxLength: 8 },
  ),
});

test(`${RUNS} random programs with a pool`, (t) => {
  const counts: Record<string, number> = {};
  const count = (what: string): void => void (counts[what] = (counts[what] ?? 0) + 1);
  fc.assert(
    fc.property(plan, fc.nat(), (given, seed) => {
      const { checked, deeds, idleTime, limit, unfit, unmade, workers } = given;
      const minimum = Math.min(given.minimum, limit);
      const things: Thing[] = [];
      let attempts = 0;
      let alive = 0;
      const begun = (thing: Thing): void => {
        assert.ok(thing.alive, "it is not destroyed");
        assert.equal(thing.lent, false, "nobody else has it");
        thing.lent = true;
        count("lent");
      };
      let opened = false;

      function* program(): Routine<void> {
        const pool = yield* openPool<Thing>({
          name: "p",
          limit,
          minimum,
          idleTime,
          *create() {
            const attempt = attempts++;
            yield* sleep(attempt % 3);
            // The minimum has to be made, for the program to begin.
            if (opened && unmade.includes(attempt)) throw new Unmade();
            alive++;
            assert.ok(alive <= limit, "no more than the limit");
            const thing = { id: things.length, lent: false, alive: true };
            things.push(thing);
            return thing;
          },
          *destroy(thing) {
            yield* sleep(1);
            assert.ok(thing.alive, "once");
            thing.alive = false;
            alive--;
          },
          ...(checked
            ? {
                *check({ id }: Thing) {
                  yield* sleep(1);
                  return !unfit.includes(id);
                },
              }
            : {}),
        });
        opened = true;
        assert.equal(pool.stats().idle, minimum);

        function* works({ at, hold, manner, times }: (typeof workers)[number]): Routine<void> {
          for (; times > 0; times--) {
            try {
              yield* sleep(at);
              if (manner === "with") {
                yield* pool.with(function* (thing) {
                  begun(thing);
                  try {
                    yield* sleep(hold);
                  } finally {
                    thing.lent = false;
                  }
                });
                continue;
              }
              const thing = manner === "try" ? pool.tryAcquire() : yield* pool.acquire();
              if (thing === undefined) continue;
              begun(thing);
              try {
                yield* sleep(hold);
              } finally {
                thing.lent = false;
                if (manner === "discard") pool.discard(thing);
                else pool.release(thing);
              }
            } catch (error) {
              if (error instanceof Cancelled) throw error;
              assert.ok(error instanceof Raised || error instanceof Unmade, String(error));
              count(error instanceof Unmade ? "unmade" : "raised");
            }
          }
        }

        yield* supervised(function* (all: Scope) {
          const fibers = workers.map((each) => all.spawn(() => works(each)) as AnyFiber);
          for (const { at, deed, who } of deeds) {
            yield* sleep(at);
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
        });
        yield* sleep(20);
        const { checking, creating, destroying, idle, lent, size, waiting } = pool.stats();
        assert.deepEqual({ checking, creating, destroying, lent, waiting }, NOTHING);
        assert.equal(size, idle);
        assert.equal(idle, alive, "what is alive is idle");
        if (idleTime !== Infinity) assert.ok(idle <= minimum, "what is too long idle is destroyed");
        // One is left with its borrower.
        if (workers[0]?.manner === "keep") pool.tryAcquire();
      }

      let finished = false;
      try {
        play(
          function* () {
            yield* scope(program);
            finished = true;
          },
          { policy: seeded(seed) },
        );
      } catch (error) {
        // Nobody waits any more for one that fails to be made: the host is told.
        const { actual } = error as { actual?: unknown };
        if (!Array.isArray(actual) || !actual.every((each) => each instanceof Unmade)) throw error;
        count("told the host");
      }
      assert.ok(finished);
      assert.ok(
        things.every((thing) => !thing.alive),
        "all are destroyed",
      );
      assert.equal(alive, 0);
    }),
    { seed: SEED, numRuns: RUNS, includeErrorInReport: true },
  );
  t.diagnostic(`seed ${SEED}: ${JSON.stringify(counts)}`);
});

const NOTHING = { checking: 0, creating: 0, destroying: 0, lent: 0, waiting: 0 };
