/** Whatever the items, their source, the delays, the order and the limits: what `map` gives. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Channel, map, type Routine, run, seeded, sleep, spawn } from "fibril";
import { VirtualHost } from "fibril/testing";
import { SEED } from "./support/seed.ts";

test(`model: any items, delays, concurrency and order, seed ${SEED}`, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(7), { maxLength: 20 }),
      fc.integer({ min: 1, max: 6 }),
      fc.boolean(),
      fc.constantFrom("list", "generator", "async", "channel"),
      fc.boolean(),
      fc.nat(),
      async (delays, concurrency, ordered, kind, into, seed) => {
        let running = 0;
        let begun = 0;
        const done: number[] = [];
        const work = function* (delay: number, index: number): Routine<number, never> {
          // What has to be waited for is dealt to workers, which begin in the order of the policy.
          if (kind === "list" || kind === "generator") assert.equal(index, begun++);
          assert.ok(++running <= concurrency, "no more than allowed");
          yield* sleep(delay);
          running--;
          done.push(index);
          return index;
        };
        const results = await run({ host: new VirtualHost(), policy: seeded(seed) }, function* () {
          const items = {
            list: () => delays,
            generator: () => delays.values(),
            async *async() {
              yield* delays;
            },
            channel() {
              const channel = new Channel<number>(1);
              spawn(function* () {
                for (const delay of delays) yield* channel.send(delay);
                channel.close();
              });
              return channel;
            },
          }[kind]();
          if (!into) return yield* map(items, work, { concurrency, ordered });
          const out = new Channel<number>(1);
          const got: number[] = [];
          spawn(function* () {
            yield* map(items, work, { concurrency, ordered, into: out });
            out.close();
          });
          yield* out.each((n) => void got.push(n));
          return got;
        });
        const all = delays.map((_, index) => index);
        if (ordered) assert.deepEqual(results, all);
        else if (into)
          assert.deepEqual(
            results.toSorted((a, b) => a - b),
            all,
          );
        else assert.deepEqual(results, done);
      },
    ),
    { seed: SEED, numRuns: 200 },
  );
});
