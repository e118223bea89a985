/** AbortSignals of scopes and of single pieces of work, and the names of waits for promises. */
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import {
  abortable,
  abortSignal,
  createScope,
  DeadlockError,
  failAfter,
  Fiber,
  moveOnAfter,
  park,
  run,
  scope,
  type Scope,
  shield,
  sleep,
  spawn,
  supervised,
  TimeoutError,
  until,
  yieldNow,
} from "fibril";
import { VirtualHost } from "fibril/testing";
import { refused } from "./support/expect.ts";

/** Some time has passed, and the host has gone round, so that what was started has begun. */
const soon = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(() => setImmediate(() => setImmediate(resolve)), 2);
  });

const forever = (): Promise<never> => new Promise(() => {});

test("until with a name says in dumps what is waited for, and does what until does", async () => {
  const controller = new AbortController();
  const result = await run(function* () {
    const child = spawn(() =>
      until("GET /users", (signal) => {
        signal.addEventListener("abort", () => controller.abort(signal.reason));
        return forever();
      }),
    );
    yield* yieldNow();
    yield* yieldNow();
    assert.equal(child.waitingOn?.what, "GET /users");
    assert.equal(typeof child.waitingOn?.since, "number");
    yield* child.cancel("not needed");
    assert.throws(() => until("only a name" as never), TypeError);
    return yield* until("a value", Promise.resolve(5));
  });
  assert.equal(result, 5);
  assert.equal(controller.signal.reason, "not needed");
});

test("a promise of a wait with a name that is refused is nobody's unhandled rejection", async () => {
  await run(function* () {
    yield* scope(function* (block) {
      block.cancel();
      yield* until("refused", Promise.reject(new Error("late")));
    });
  });
  await new Promise((resolve) => setTimeout(resolve, 1));
});

test("the signal of a scope aborts when its scope is asked to end, before any fiber runs", async () => {
  const seen: unknown[] = [];
  await run(function* () {
    yield* scope(function* (block: Scope) {
      const signal = abortSignal();
      assert.equal(abortSignal(), signal, "one signal for a scope");
      yield* scope(function* () {
        assert.notEqual(abortSignal(), signal, "another one for an inner scope");
      });
      spawn(function* () {
        yield* sleep(1);
        block.cancel("why");
        seen.push(signal.aborted, signal.reason);
      });
      yield* sleep(1_000);
    });
  });
  assert.deepEqual(seen, [true, "why"]);
});

test("the signal of a scope that ends by itself aborts at its end, and not before", async () => {
  const signal = await run(function* () {
    return yield* scope(function* () {
      const signal = abortSignal();
      yield* sleep(1);
      assert.equal(signal.aborted, false);
      return signal;
    });
  });
  assert.equal(signal?.aborted, true);
});

test("the signal aborts with a time limit, a failure, a fiber's cancel and kill, and a run's signal", async () => {
  const reasons: unknown[] = [];
  const note = (signal: AbortSignal): void =>
    signal.addEventListener("abort", () => reasons.push(signal.reason));
  const failure = new Error("the sibling's");
  const waiting = function* () {
    note(abortSignal());
    yield* sleep(1_000);
  };
  await run(function* () {
    yield* moveOnAfter(1, waiting);
    try {
      yield* scope(function* () {
        note(abortSignal());
        spawn(function* () {
          yield* sleep(1);
          throw failure;
        });
        yield* sleep(1_000);
      });
    } catch {}
    const [cancelled, killed] = [spawn(waiting), spawn(waiting)];
    yield* sleep(1);
    yield* cancelled.cancel("by a fiber");
    killed.kill();
    yield* yieldNow();
  });
  const controller = new AbortController();
  const running = run({ signal: controller.signal }, function* () {
    setTimeout(() => controller.abort("by a signal"), 1);
    yield* waiting();
  });
  await assert.rejects(running, (reason) => reason === "by a signal");
  const [limit, sibling, fiber, kill, signal] = reasons;
  assert.equal(limit, "1 ms have passed");
  assert.equal(sibling, failure);
  assert.equal(fiber, "by a fiber");
  assert.ok(kill !== undefined);
  assert.equal(signal, "by a signal");
  assert.equal(reasons.length, 5);
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
});

test("a scope that was asked to end before gives a signal that has aborted", async () => {
  const signals: AbortSignal[] = [];
  await run(function* () {
    yield* scope(function* (block) {
      block.cancel("before");
      signals.push(abortSignal());
    });
    yield* scope(function* (block) {
      signals.push(abortSignal());
      block.cancel("before its watcher starts");
    });
    yield* supervised(function* () {
      signals.push(abortSignal());
    });
  });
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, true, true],
  );
  assert.deepEqual(
    signals.slice(0, 2).map(({ reason }) => reason as unknown),
    ["before", "before its watcher starts"],
  );
});

test("under a shield the signal of the shield stays, and outside of fibers there is none", async () => {
  refused(/^abortSignal\(\) needs a scheduler/, () => abortSignal(), "outside");
  await run(function* () {
    const child = spawn(function* () {
      const outer = abortSignal();
      yield* shield(function* () {
        const inner = abortSignal();
        yield* sleep(3);
        assert.deepEqual([outer.aborted, inner.aborted], [true, false]);
      });
    });
    yield* sleep(1);
    yield* child.cancel();
  });
});

test("who waits for a signal of its scope only is told of the deadlock", async () => {
  const host = new VirtualHost({ sealed: true });
  const running = run({ host }, function* () {
    abortSignal();
    yield* park();
  });
  await assert.rejects(running, (error) => {
    assert.ok(error instanceof DeadlockError);
    assert.match(error.message, /park/);
    return true;
  });
});

test("abortable gives what its work gives, and leaves its signal as it is", async () => {
  await run(function* () {
    const signals: AbortSignal[] = [];
    const keep = <T>(signal: AbortSignal, value: T): T => (signals.push(signal), value);
    assert.equal(yield* abortable((signal) => keep(signal, Promise.resolve(1))), 1);
    assert.equal(
      yield* abortable(function* (signal) {
        yield* sleep(1);
        return keep(signal, 2);
      }),
      2,
    );
    assert.equal(yield* abortable((signal) => keep(signal, until(Promise.resolve(3)))), 3);
    assert.equal(new Set(signals).size, 3);
    assert.ok(signals.every(({ aborted }) => !aborted));
  });
});

test("abortable aborts with the reason when its work is called off, and when it fails", async () => {
  const reasons: unknown[] = [];
  const failure = new Error("failed");
  const noting = (signal: AbortSignal): Promise<never> => {
    signal.addEventListener("abort", () => reasons.push(signal.reason));
    return forever();
  };
  await run(function* () {
    for (const end of [
      (child: Fiber) => void child.cancel("why"),
      (child: Fiber) => void child.kill(),
      (child: Fiber) => void child.raise(failure),
    ]) {
      yield* supervised(function* () {
        const child = spawn(() => abortable(noting));
        yield* sleep(1);
        end(child);
        try {
          yield* child;
        } catch {}
      });
    }
    yield* moveOnAfter(1, () => abortable(noting));
    try {
      yield* failAfter(1, () => abortable(noting));
    } catch (error) {
      assert.ok(error instanceof TimeoutError);
    }
    try {
      yield* abortable(function* (signal) {
        void noting(signal);
        throw failure;
      });
    } catch (error) {
      assert.equal(error, failure);
    }
  });
  assert.equal(reasons.length, 6);
  assert.equal(reasons[0], "why");
  assert.equal(reasons[2], failure);
  assert.equal(reasons[5], failure);
});

test("a thousand pieces of work in one scope leave no listener on its signal, and no warning", async () => {
  const warnings: Error[] = [];
  const warned = (warning: Error): number => warnings.push(warning);
  process.on("warning", warned);
  const outer = new AbortController();
  await run({ signal: outer.signal }, function* () {
    const signal = abortSignal();
    for (let i = 0; i < 1_000; i++) {
      spawn(() =>
        abortable((own) => {
          own.addEventListener("abort", () => {});
          return Promise.resolve(i);
        }),
      );
    }
    yield* sleep(1);
    assert.equal(getEventListeners(signal, "abort").length, 0);
    assert.ok(getEventListeners(outer.signal, "abort").length <= 1);
  });
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", warned);
  assert.equal(getEventListeners(outer.signal, "abort").length, 0);
  assert.deepEqual(warnings, []);
});

test("what abortable begins in its work ends with it", async () => {
  const log: string[] = [];
  await run(function* () {
    yield* abortable(function* () {
      spawn(function* () {
        yield* sleep(2);
        log.push("child");
      });
    });
    log.push("after");
    assert.throws(() => abortable(5 as never), TypeError);
  });
  assert.deepEqual(log, ["child", "after"]);
});

test("a listener that cancels back does no harm", async () => {
  let told = 0;
  const fibers = createScope();
  fibers.spawn(function* () {
    yield* abortable((signal) => {
      signal.addEventListener("abort", () => {
        told++;
        fibers.cancel("again");
      });
      return forever();
    });
  });
  await soon();
  fibers.cancel("first");
  await fibers.close();
  assert.equal(told, 1);
});
