/** `memoize` against a list that is searched from its end: what is kept, for how long, and what goes first. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { memoize, now, type Routine, run, scope, seeded, sleep, spawn } from "fibril";
import { VirtualHost } from "fibril/testing";
import { SEED } from "./support/seed.ts";

type Step =
  | { readonly does: "call" | "delete"; readonly key: number }
  | { readonly does: "sleep"; readonly ms: number }
  | { readonly does: "clear" };

const key = fc.nat(4);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ does: fc.constant("call" as const), key }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("delete" as const), key }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant("sleep" as const), ms: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("clear" as const) }) },
);

test(`one fiber, any calls: what is computed is what a naive memory would, seed ${SEED}`, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.constantFrom(1, 2, 3, Infinity),
      fc.constantFrom(5, 15, Infinity),
      async (steps, size, ttl) => {
        await run({ host: new VirtualHost() }, function* () {
          const computed: string[] = [];
          const expected: string[] = [];
          const work = memoize(
            function* (n: number): Routine<number, never> {
              yield* sleep(1);
              computed.push(`${n} at ${now()}`);
              return n;
            },
            { size, ttl },
          );
          /** The one that was used last is the last. */
          let list: { readonly key: number; readonly until: number }[] = [];
          for (const each of steps) {
            if (each.does === "call") {
              const kept = list.find((one) => one.key === each.key && one.until > now());
              list = list.filter((one) => one.key !== each.key);
              assert.equal(yield* work(each.key), each.key);
              if (kept === undefined) expected.push(`${each.key} at ${now()}`);
              list.push(kept ?? { key: each.key, until: now() + ttl });
              list = list.slice(-size);
            } else if (each.does === "delete") {
              const before = list.length;
              list = list.filter((one) => one.key !== each.key);
              assert.equal(work.delete(each.key), list.length < before);
            } else if (each.does === "sleep") {
              yield* sleep(each.ms);
            } else {
              list = [];
              work.clear();
            }
            assert.equal(work.stats().size, list.length);
          }
          assert.deepEqual(computed, expected);
        });
      },
    ),
    { seed: SEED, numRuns: 300 },
  );
});

test(`many fibers, some ended: never two computations of one key, and nobody waits for ever, seed ${SEED}`, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          key: fc.nat(2),
          at: fc.nat(15),
          ended: fc.option(fc.record({ at: fc.nat(25), kill: fc.boolean() })),
        }),
        { maxLength: 12 },
      ),
      fc.boolean(),
      fc.nat(),
      async (customers, failing, seed) => {
        await run({ host: new VirtualHost(), policy: seeded(seed) }, function* () {
          const running = new Set<number>();
          const failure = new Error("as it is told to");
          const work = memoize(function* (n: number): Routine<number, never> {
            assert.ok(!running.has(n));
            running.add(n);
            try {
              yield* sleep(5);
            } finally {
              running.delete(n);
            }
            if (failing && n === 0) throw failure;
            return n;
          });
          yield* scope(function* () {
            for (const { at, ended, key } of customers) {
              const fiber = spawn(function* () {
                yield* sleep(at);
                try {
                  assert.equal(yield* work(key), key);
                } catch (error) {
                  if (error !== failure) throw error;
                }
              });
              if (ended === null) continue;
              spawn(function* () {
                yield* sleep(ended.at);
                if (!fiber.alive) return;
                if (ended.kill) fiber.kill();
                else void fiber.cancel();
              });
            }
          });
        });
      },
    ),
    { seed: SEED, numRuns: 300 },
  );
});
