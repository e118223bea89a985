/** Bytes out of chunks of any size, against the bytes in one piece. */
import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { bytes, FiberError, lines, moveOnAfter, run, spawn, yieldNow } from "fibril";
import { Random } from "./differential/random.ts";
import { SEED } from "./support/seed.ts";
import { around, caught, codeOf } from "./support/streams.ts";

test("whatever the chunks, the bytes are the same: read, read(n), readUntil", async () => {
  const random = new Random(SEED);
  const whole = Uint8Array.from({ length: 4_000 }, () => random.below(8));
  await run(function* () {
    for (let round = 0; round < 50; round++) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < whole.length;) {
        const size = random.below(40);
        chunks.push(whole.subarray(at, at + size));
        at += size;
      }
      const reader = bytes(chunks);
      let at = 0;
      while (at < whole.length) {
        const before = at;
        const how = random.below(3);
        let got: Uint8Array | undefined;
        if (how === 0) got = yield* reader.read();
        else if (how === 1)
          got = yield* reader.read(Math.min(1 + random.below(90), whole.length - at));
        else {
          const mark = [1, 2].slice(0, 1 + random.below(2));
          let end = at;
          while (end < whole.length && !mark.every((byte, i) => whole[end + i] === byte)) end++;
          if (end >= whole.length) continue;
          got = yield* reader.readUntil(Uint8Array.from(mark));
          assert.equal(got?.length, end + mark.length - at, `seed ${SEED}, round ${round}`);
        }
        at += (got as Uint8Array).length;
        assert.deepEqual([...(got as Uint8Array)], [...whole.subarray(before, at)], `seed ${SEED}`);
      }
      assert.equal(yield* reader.read(), undefined);
      assert.equal(yield* reader.read(5), undefined);
      assert.equal(yield* reader.readUntil("x"), undefined);
    }
  });
});

test("what lies in one chunk is not copied", async () => {
  await run(function* () {
    const chunk = Uint8Array.from([1, 2, 3, 4]);
    const reader = bytes([chunk]);
    const two = yield* reader.read(2);
    assert.equal(two?.buffer, chunk.buffer);
    assert.equal((yield* reader.read())?.buffer, chunk.buffer);
  });
});

test("an end in between, too many bytes before the mark, and arguments that are none, are errors", async () => {
  await run(function* () {
    const code = (work: Parameters<typeof caught>[0]) => caught(work);
    assert.equal(yield* code(() => bytes(["abc"]).read(5)), "ended");
    assert.equal(yield* code(() => bytes(["abc"]).readUntil("\n")), "ended");
    assert.equal(yield* code(() => bytes(["abcdef\n"]).readUntil("\n", { limit: 3 })), "overflow");
    assert.equal((yield* bytes(["abc\n"]).readUntil("\n", { limit: 3 }))?.length, 4);
    assert.throws(() => bytes([]).read(0), RangeError);
    assert.throws(() => bytes([]).readUntil(""), TypeError);
    assert.throws(() => bytes([]).readUntil("x", { limit: -1 }), RangeError);
    try {
      yield* bytes(["abc"]).read(5);
    } catch (error) {
      assert.ok(error instanceof FiberError && codeOf(error) === "ended");
      assert.match(error.message, /after 3 of 5 bytes/);
    }
  });
});

test("a wait that is called off takes nothing", async () => {
  const stream = new PassThrough();
  await run(function* () {
    const reader = bytes(stream);
    stream.write("ab");
    assert.equal(yield* moveOnAfter(1, () => reader.read(4), "late"), "late");
    const waiting = spawn(() => reader.read(4));
    yield* yieldNow();
    yield* around();
    stream.write("cd");
    assert.equal(Buffer.from((yield* waiting) as Uint8Array).toString(), "abcd");
    stream.end("one\ntwo");
    const seen: string[] = [];
    yield* lines(reader).each((line) => void seen.push(line));
    assert.deepEqual(seen, ["one", "two"]);
  });
});
