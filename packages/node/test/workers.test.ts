/** Calls to workers. One pool serves all cases but those about pools. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Channel,
  failAfter,
  Fiber,
  FiberError,
  type Routine,
  run,
  shield,
  spawn,
  supervised,
  TimeoutError,
  until,
  type Waitable,
  yieldNow,
} from "fibril";
import { moduleAt, openWorkers, parallel, transfer, type Workers } from "@fibril/node";
import { caught, holds } from "./support/streams.ts";
import { language, type Signs } from "./support/worker-job.ts";

const job = moduleAt<typeof import("./support/worker-job.ts")>(
  new URL("./support/worker-job.js", import.meta.url),
);

const signs = (): Signs => new Int32Array(new SharedArrayBuffer(8));
const set = (where: Signs, at = 0): boolean => Atomics.load(where, at) !== 0;

/** What is thrown. */
function* thrown(op: () => Waitable<unknown, never, any>): Routine<Error, never> {
  try {
    yield* op();
  } catch (error) {
    return error as Error;
  }
  return assert.fail("nothing was thrown");
}

type Case = (workers: Workers) => Routine<void>;

const CASES: Record<string, Case> = {
  *"a call results in what its routine returns, and the compiler knows its type"(workers) {
    const sum: number = yield* workers.run(job, "add", 1, 2);
    assert.equal(sum, 3);
    // @ts-expect-error -- the argument is no number
    yield* workers.run(job, "add", "1", 2);
    // @ts-expect-error -- it is no routine
    assert.match(yield* caught(() => workers.run(job, "notARoutine")), /no routine "notARoutine"/);
    assert.equal(yield* workers.run(job.href, "ownChannel"), 3);
    assert.equal(yield* workers.run(job, "leavesChild"), "");
  },

  *"what cannot be called says why"(workers) {
    assert.match(
      (yield* thrown(() => workers.run(job.href, "nope"))).message,
      /no routine "nope": it exports add, /,
    );
    assert.match(
      (yield* thrown(() => workers.run(job.href, "plain"))).message,
      /"plain".* must be a generator function/,
    );
    const missing = yield* thrown(() => workers.run(new URL("./nowhere.js", job), "add"));
    assert.equal((missing as NodeJS.ErrnoException).code, "ERR_MODULE_NOT_FOUND");
    assert.throws(
      () => workers.run("./job.js", "add"),
      /takes the URL of a module, .* not "\.\/job\.js"/,
    );
    assert.throws(() => workers.run(job.href, 5 as never), TypeError);
  },

  *"what cannot be sent is named: the argument, and the place in it"(workers) {
    const error = yield* thrown(() =>
      workers.run(job, "same", { on: new Map([["k", [() => 1]]]) }),
    );
    assert.match(
      error.message,
      /"same" cannot be called .* argument 1: its \.on\.get\("k"\)\[0\] is a function/,
    );
    assert.match(
      (yield* thrown(() => workers.run(job, "unsendable"))).message,
      /result .* \.list\[0\]\.done is a function/,
    );
    assert.match(
      (yield* thrown(() => workers.run(job, "same", Promise.resolve()))).message,
      /it is an object of Promise/,
    );
    assert.match(
      (yield* thrown(() => workers.run(job, "same", transfer({}, [5 as never])))).message,
      /^"same" cannot be called in a worker: /,
    );
    for (const none of [undefined, null, 5, {}]) {
      assert.throws(
        () => parallel(none as never, [1], job.href, "same"),
        /^TypeError: parallel takes workers that openWorkers has opened, not /,
      );
    }
    assert.equal(yield* workers.run(job, "add", 1, 2), 3, "the others go on");
  },

  *"an error has the stacks of both sides, its class, its code, its cause and its properties"(
    workers,
  ) {
    const coded = (yield* thrown(() => workers.run(job, "throwsIt", "coded"))) as FiberError;
    assert.ok(coded instanceof FiberError && coded.cause instanceof TypeError);
    assert.deepEqual(
      [coded.code, coded.message, coded.cause.message],
      ["overflow", "too much", "the cause"],
    );
    assert.match(
      coded.stack!,
      /worker-job[^]*in "throwsIt" of worker \d+ of workers "tests"[^]*in thrown .*workers\.test/,
    );
    const many = (yield* thrown(() => workers.run(job, "throwsIt", "many"))) as AggregateError;
    assert.ok(many instanceof AggregateError && many.errors[0] instanceof RangeError);
    assert.equal(many.errors[1], "two");
    const odd = (yield* thrown(() => workers.run(job, "throwsIt", "odd"))) as Error & {
      status?: number;
    };
    assert.deepEqual([odd.name, odd.status, "detail" in odd], ["Odd", 418, false]);
    assert.deepEqual(yield* thrown(() => workers.run(job, "throwsIt", "value")), {
      not: "an error",
    });
    assert.match(
      String(yield* thrown(() => workers.run(job, "throwsIt", "function"))),
      /cannot be sent: function/,
    );
  },

  *"a large argument, and one that is moved, and memory that is shared"(workers) {
    const large = new Uint8Array(32_000_000).fill(1);
    const back = (yield* workers.run(job, "same", large)) as Uint8Array;
    assert.equal(back.length, large.length);
    const moved = new Uint8Array(1_000);
    const again = yield* workers.run(job, "moves", transfer(moved, [moved.buffer]));
    assert.deepEqual([moved.length, again.length, again[0]], [0, 1_000, 7]);
    assert.match(
      yield* caught(() => workers.run(job, "moves", transfer(moved, [moved.buffer]))),
      /detached|cannot be called/,
    );
    const shared = signs();
    yield* workers.run(job, "counts", shared);
    assert.equal(shared[0], 1);
  },

  *"the values of shared contexts, and the deadline, are seen in the worker"(workers) {
    assert.equal(yield* workers.run(job, "sleeps", 0), "none");
    const told = yield* language.with("de", () => workers.run(job, "sleeps", 0));
    assert.equal(told, "de");
    assert.equal(yield* shield(() => workers.run(job, "timeLeft")), Number.POSITIVE_INFINITY);
    const left = yield* failAfter(60_000, () => workers.run(job, "timeLeft"));
    assert.ok(left > 0 && left <= 60_100, `${left}`);
  },

  *"a time limit ends the call there, and the caller is told as always"(workers) {
    const at = signs();
    const error = yield* thrown(() => failAfter(20, () => workers.run(job, "waits", at)));
    assert.ok(error instanceof TimeoutError, error.stack);
    assert.ok(set(at, 1), "its clean-up was waited for");
  },

  *"a caller that is cancelled waits for the clean-up, and its reason is seen there"(workers) {
    const [at, reasons] = [signs(), new Channel<unknown>(1)];
    const calling = spawn(() => workers.run(job, "waits", at, reasons.sender()));
    yield* holds(() => set(at));
    yield* calling.cancel({ why: "not needed" });
    assert.ok(set(at, 1));
    assert.deepEqual(yield* reasons.receive(), { why: "not needed" });
    assert.equal(calling.outcome?.ending, "cancelled");
    const unsendable = spawn(() => workers.run(job, "waits", at));
    Atomics.store(at, 0, 0);
    yield* holds(() => set(at));
    yield* unsendable.cancel(() => "a function");
    assert.equal(unsendable.outcome?.ending, "cancelled");
  },

  *"a call that ends well, or badly, although it is cancelled"(workers) {
    const at = signs();
    const well = spawn(() => workers.run(job, "insists", at));
    yield* holds(() => set(at));
    yield* well.cancel();
    assert.deepEqual(well.outcome, { ending: "returned", value: "all the same" });
    Atomics.store(at, 0, 0);
    yield* supervised(function* () {
      const badly = spawn(() => workers.run(job, "cleansUpBadly", at));
      yield* holds(() => set(at));
      assert.match((yield* thrown(() => badly.cancel())).message, /clean-up failed/);
    });
  },

  *"a call that is cancelled while it waits in line, or while its result is under way"(workers) {
    const at = signs();
    const holding = [
      spawn(() => workers.run(job, "waits", at)),
      spawn(() => workers.run(job, "waits", at)),
    ];
    yield* holds(() => workers.stats().running === 2);
    const inLine = spawn(() => workers.run(job, "add", 1, 2));
    yield* holds(() => workers.stats().waiting === 1);
    yield* inLine.cancel();
    assert.equal(workers.stats().waiting, 0);
    for (const each of holding) yield* each.cancel();
    Atomics.store(at, 0, 0);
    const ending = spawn(() => workers.run(job, "returnsAtOnce", at));
    yield* yieldNow();
    assert.equal(workers.stats().running, 1);
    // This thread does not look at its messages until the result has been posted.
    Atomics.wait(at, 0, 0, 1_000);
    for (const until = performance.now() + 5; performance.now() < until;);
    yield* ending.cancel();
    assert.equal(workers.stats().running, 0);
  },

  *"a caller that is killed leaves no call behind"(workers) {
    const at = signs();
    const calling = spawn(() => workers.run(job, "waits", at));
    yield* holds(() => set(at));
    yield* Fiber.kill(calling);
    yield* holds(() => set(at, 1) && workers.stats().running === 0);
  },

  *"a worker that exits, or fails outside of its calls, fails them, and is replaced"(workers) {
    const exit = (yield* thrown(() => workers.run(job, "exits", 3))) as FiberError;
    assert.equal(exit.code, "broken");
    assert.match(
      exit.message,
      /"exits" was lost: worker \d+ of workers "tests" has ended by itself, with exit code 3/,
    );
    const outside = (yield* thrown(() => workers.run(job, "failsOutside"))) as FiberError;
    assert.match(
      outside.message,
      /was ended by an error outside of its calls: Error: outside of all calls/,
    );
    assert.equal((outside.cause as Error).message, "outside of all calls");
    assert.equal(yield* workers.run(job, "add", 1, 2), 3);
  },

  *"a routine that kills its own fiber fails the call, and says what has happened"(workers) {
    const { message } = yield* thrown(() => workers.run(job, "killsItself"));
    assert.match(message, /"killsItself" in a worker was cancelled there, .*: it was killed$/);
  },
};

test("calls to workers", async (t) => {
  await run(function* () {
    const workers = yield* openWorkers({ size: 2, grace: 30_000, name: "tests" });
    for (const [name, body] of Object.entries(CASES)) {
      yield* until(t.test(name, () => run(() => failAfter(20_000, () => body(workers)))));
    }
    const { running, waiting } = workers.stats();
    assert.deepEqual({ running, waiting }, { running: 0, waiting: 0 });
  });
});
