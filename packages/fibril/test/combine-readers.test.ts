/** Readers as the items of `map`, `forEach` and `batches`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { batches, forEach, lines, map, type Routine, run, sleep, spawn, yieldNow } from "fibril";
import { VirtualHost } from "fibril/testing";

const virtual = <T>(work: () => Routine<T>): Promise<T> => run({ host: new VirtualHost() }, work);

test("a reader gives the items, and is left open", async () => {
  const text = ["one\ntw", "o\nthree\nfour\n"];
  await virtual(function* () {
    const reader = lines(text);
    const lengths = yield* map(
      reader,
      function* (line) {
        yield* sleep(line.length);
        return line.length;
      },
      { concurrency: 2 },
    );
    assert.deepEqual(lengths, [3, 3, 5, 4]);

    const half = lines(text);
    const stop = new Error("enough");
    try {
      yield* forEach(
        half,
        function* (line) {
          if (line === "two") throw stop;
        },
        { concurrency: 1 },
      );
      assert.fail("it throws");
    } catch (error) {
      assert.equal(error, stop);
    }
    assert.equal(half.closed, false);
    assert.equal(yield* half.read(), "three");
  });
});

test("ten thousand lines that are there starve nobody", async () => {
  await virtual(function* () {
    let others = 0;
    let seen = 0;
    const other = spawn(function* () {
      for (;;) {
        others++;
        yield* yieldNow();
      }
    });
    yield* forEach(
      lines(["x\n".repeat(10_000)]),
      function* () {
        seen++;
      },
      { concurrency: 1 },
    );
    yield* other.cancel();
    assert.equal(seen, 10_000);
    assert.ok(others > 100, `the other fiber had ${others} turns`);
  });
});

test("batches of a reader's items", async () => {
  const seen: string[] = [];
  await virtual(function* () {
    yield* batches(lines(["1\n2\n3\n", "4\n5"]), { size: 2 }, function* (batch) {
      seen.push(batch.join("+"));
    });
  });
  assert.deepEqual(seen, ["1+2", "3+4", "5"]);
});
