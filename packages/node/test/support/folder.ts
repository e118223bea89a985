/** Tests with a folder for the time being. */
import assert from "node:assert/strict";
import { type Op, type Routine, run, scope, spawn, until, yieldNow } from "fibril";
import { tempDir } from "@fibril/node";

/** Runs a body with a folder that is gone afterwards. */
export function inFolder<T>(body: (folder: string) => Generator<any, T, any>): Promise<T> {
  return run(function* () {
    return yield* body(yield* tempDir({ prefix: "fibril-test-" }));
  });
}

/** Runs an operation, and calls it off after some turns, of fibers and of the event loop. */
export function* calledOff(
  turns: number,
  operation: () => Generator<any, unknown, any>,
): Routine<void> {
  const child = spawn(() => scope(operation));
  for (let turn = 0; turn < turns; turn++) {
    if (turn % 3 === 0) yield* yieldNow();
    else yield* until(new Promise((wakes) => setImmediate(wakes)));
  }
  yield* child.cancel() as unknown as Op<void>;
  assert.equal(child.alive, false);
}
