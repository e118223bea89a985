/** Semaphore and RwLock: what they do one by one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { RwLock, scope, Semaphore, sleep, spawn, yieldNow } from "fibril";
import { Log, play } from "./support/manual-host.ts";

test("Semaphore: who asks for many is not passed by those who ask for few", () => {
  const log = new Log();
  play(function* () {
    const semaphore = new Semaphore(3);
    yield* semaphore.acquire(2);
    yield* scope(function* () {
      for (const count of [3, 1, 1]) {
        spawn(function* () {
          yield* semaphore.acquire(count);
          log.say(`has ${count}`);
          yield* sleep(1);
          semaphore.release(count);
        });
      }
      yield* sleep(1);
      assert.equal(semaphore.tryAcquire(), false, "one is free, but others wait");
      assert.deepEqual(semaphore.stats(), { limit: 3, held: 2, available: 1, waiting: 3 });
      semaphore.release(2);
    });
  });
  log.is(["has 3", "has 1", "has 1"]);
});

test("Semaphore: when the one in front is cancelled, those behind go on with what is free", () => {
  play(function* () {
    const semaphore = new Semaphore(2);
    yield* semaphore.acquire(1);
    const many = spawn(() => semaphore.acquire(2));
    const few = spawn(() => semaphore.acquire(1));
    yield* sleep(1);
    assert.equal(few.alive, true);
    void many.cancel();
    yield* few;
    semaphore.release(2);
  });
});

test("Semaphore: resize to more lets others go on, to fewer takes nothing away", () => {
  play(function* () {
    const semaphore = new Semaphore(1, { name: "s" });
    yield* semaphore.acquire();
    const next = spawn(() => semaphore.acquire());
    yield* sleep(1);
    semaphore.resize(3);
    yield* next;
    const wants = spawn(function* () {
      try {
        return yield* semaphore.acquire(3);
      } catch (error) {
        return error;
      }
    });
    yield* sleep(1);
    semaphore.resize(1);
    assert.equal(semaphore.available, -1);
    assert.ok((yield* wants) instanceof RangeError, "it would never come");
    semaphore.release();
    assert.equal(semaphore.tryAcquire(), false);
    semaphore.release();
    assert.equal(semaphore.tryAcquire(), true);
    assert.throws(() => semaphore.tryAcquire(2), RangeError);
    semaphore.resize(0);
    semaphore.release();
    try {
      yield* semaphore.acquire();
      assert.fail("it throws");
    } catch (error) {
      assert.ok(error instanceof RangeError, String(error));
    }
  });
});

test("Semaphore: permits may be given back by others, and by plain code", () => {
  const semaphore = new Semaphore(1);
  assert.equal(semaphore.tryAcquire(), true);
  play(function* () {
    const waits = spawn(() => semaphore.acquire());
    yield* sleep(1);
    yield* spawn(function* () {
      semaphore.release();
    });
    yield* waits;
  });
  semaphore.release();
  assert.equal(semaphore.available, 1);
});

test("RwLock: many read at once, one writes, and neither passes the other in the line", () => {
  const log = new Log();
  play(function* () {
    const lock = new RwLock();
    yield* scope(function* () {
      for (const name of ["r1", "r2", "w1", "r3", "r4", "w2", "r5"]) {
        const side = name.startsWith("r") ? lock.read : lock.write;
        spawn(function* () {
          yield* side.with(function* () {
            const { readers, writers } = lock.stats();
            log.say(`${name}: ${readers} read, ${writers} write`);
            yield* sleep(2);
          });
        });
        yield* yieldNow();
      }
    });
    assert.deepEqual(lock.stats(), { readers: 0, writers: 0, waiting: 0 });
  });
  log.is([
    "r1: 1 read, 0 write",
    "r2: 2 read, 0 write",
    "w1: 0 read, 1 write",
    "r3: 2 read, 0 write",
    "r4: 2 read, 0 write",
    "w2: 0 read, 1 write",
    "r5: 1 read, 0 write",
  ]);
});

test("RwLock: when a writer in the line is cancelled, the readers behind it read with the others", () => {
  play(function* () {
    const lock = new RwLock();
    yield* lock.read.acquire();
    const writer = spawn(() => lock.write.acquire());
    const reader = spawn(() => lock.read.with(function* () {}));
    yield* sleep(1);
    assert.equal(reader.alive, true);
    void writer.cancel();
    yield* reader;
    lock.read.release();
  });
});
