/** `map` over a list that changes meanwhile: there is a result for each item that was taken, and no more. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { map, type Routine, run, yieldNow } from "fibril";

test("an array that gets shorter, or longer, while its items are worked on", async () => {
  const of = (items: number[], work: (n: number) => void, ordered: boolean): Promise<number[]> =>
    run(function* () {
      const each = function* (n: number): Routine<number, never> {
        work(n);
        yield* yieldNow();
        return n;
      };
      return yield* map(items, each, { concurrency: 1, ordered });
    });
  for (const ordered of [true, false]) {
    const shorter = [1, 2, 3, 4, 5];
    assert.deepEqual(await of(shorter, () => void shorter.pop(), ordered), [1, 2, 3]);
    const longer = [1, 2, 3];
    const grow = (n: number): void => void (n < 3 && longer.push(n + 10));
    assert.deepEqual(await of(longer, grow, ordered), [1, 2, 3, 11, 12]);
  }
});
