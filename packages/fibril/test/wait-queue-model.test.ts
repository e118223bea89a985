/**
 * The wait queue against an array: in random schedules, and by every policy, fibers come, are given values
 * and errors, and are cancelled, killed and raised in, wherever they stand. support/line.ts says what holds.
 * fast-check shrinks a run that fails.
 *
 * FIBRIL_LINE_RUNS  how many; FIBRIL_SEED  which
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Routine, scope, spawn, yieldNow } from "fibril";
import { WaitQueue } from "#core/kernel/wait-queue";
import type { AnyFiber } from "./support/body.ts";
import { Line } from "./support/line.ts";
import { play } from "./support/manual-host.ts";
import { randomSchedules } from "./support/random-schedules.ts";

const RUNS = Number(process.env["FIBRIL_LINE_RUNS"] ?? 500);

randomSchedules("a line", { runs: RUNS, draws: 400, actions: 40 }, (draws, policy, actions) => {
  const line = new Line(draws);
  line.run(policy, actions);
  return line.fates;
});

test("a fiber that leaves the middle of a long queue does not change the order of the others, and its place is used again", () => {
  const queue = new WaitQueue<number>("a turn");
  const MANY = 5_000;
  for (let time = 0; time < 2; time++) {
    const got: number[] = [];
    play(function* () {
      yield* scope(function* () {
        const fibers: AnyFiber[] = Array.from({ length: MANY }, (_, id) =>
          spawn(function* (): Routine<void> {
            got.push(yield* queue.wait<number>(id));
          }),
        );
        while (queue.size < MANY) yield* yieldNow();
        const waiting = [...queue];
        const odd = waiting.filter((_, index) => index % 2 === 1);
        for (const task of odd) void (task as never as AnyFiber).cancel();
        assert.equal(queue.size, MANY / 2);
        const left = waiting.filter((_, index) => index % 2 === 0);
        assert.deepEqual([...queue], left);
        assert.equal(queue.item, fibers.indexOf(left[0] as never as AnyFiber));
        for (let value = 0; queue.wake(value); value++);
      });
    });
    assert.deepEqual(
      got.toSorted((a, b) => a - b),
      Array.from({ length: MANY / 2 }, (_, value) => value),
    );
  }
});
