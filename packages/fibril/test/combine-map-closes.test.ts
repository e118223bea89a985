/** A source that fails as it is closed: its error is told beside the one for which it is closed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { forEach, type Routine, run, yieldNow } from "fibril";

const source = {
  [Symbol.iterator]: () => ({
    next: () => ({ done: false as const, value: 1 }),
    return() {
      throw new Error("closing");
    },
  }),
};

function* fails(): Routine<void, never> {
  yield* yieldNow();
  throw new Error("work");
}

test("a source whose return throws after work has failed", async () => {
  const each = run(() => forEach(source, fails, { concurrency: 1 }));
  await assert.rejects(each, (error: AggregateError) => {
    const messages = error.errors.map(({ message }: Error) => message);
    assert.deepEqual(messages, ["work", "closing"]);
    return true;
  });
});
