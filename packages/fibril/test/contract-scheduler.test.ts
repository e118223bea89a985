/**
 * Lines 48 to 57 of Ruby's Fiber contract: blocking fibers and `Fiber::Scheduler`. Fibril has a `Host`
 * in its place, so these are what corresponds, and the deviations that docs/ruby.md states.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkpoint,
  dump,
  failAfter,
  Fiber,
  FiberError,
  type Host,
  moveOnAfter,
  now,
  type Routine,
  run,
  runSync,
  shield,
  sleep,
  spawn,
  suspend,
  TimeoutError,
  until,
  type Wake,
  yieldNow,
} from "fibril";
import { refused, thrown } from "./support/expect.ts";
import { begin, checkIdle, checkKernel, Log, ManualHost, play } from "./support/manual-host.ts";

test("48 there are no blocking fibers: one is as good as another to wait in, and none says `blocking`", () => {
  const waits = function* (): Routine<boolean> {
    yield* sleep(1);
    return "blocking" in Fiber.current || "blocking" in Fiber;
  };
  const log = new Log();
  play(function* () {
    spawn(function* () {
      yield* sleep(0);
      log.say("the other goes on meanwhile");
    });
    // Ruby's option is one of the many that there are not: the fiber waits all the same.
    const coroutine = new Fiber(waits, { blocking: true } as never);
    assert.equal(yield* Fiber.resume(coroutine), false);
    log.say("has waited");
    assert.equal(yield* spawn(waits), false);
  });
  log.is(["the other goes on meanwhile", "has waited"]);
  assert.equal("blocking" in Fiber.root, false);
});

test("49 what must not wait is a synchronous call: a wait in it is refused, and the fiber may wait after it", () => {
  play(function* () {
    for (const wait of [() => sleep(1), () => yieldNow(), () => suspend(() => {})]) {
      const coroutine = new Fiber(() => wait());
      refused(/ cannot wait .* across a synchronous call/, () => coroutine.resume(), "sync-wait");
    }
    yield* sleep(1);
  });
});

test("50 the scheduler is the one that a run has of its host: set by an option, current only inside", async () => {
  refused(/^sleep\(…\) needs a scheduler/, () => sleep(1), "outside");
  const plain = new Fiber(() => sleep(1));
  refused(/^sleep\(…\) needs a scheduler/, () => plain.resume(), "outside");

  const [early, late] = [new ManualHost(), new ManualHost()];
  late.time = 1000;
  const clocks: number[] = [];
  const on = (host: ManualHost) =>
    run({ host }, function* () {
      clocks.push(now());
      yield* sleep(1);
      clocks.push(now());
    });
  const runs = [on(early), on(late)];
  early.finish();
  late.finish();
  await Promise.all(runs);
  assert.deepEqual(
    clocks.toSorted((a, b) => a - b),
    [0, 1, 1000, 1001],
  );
  refused(/^sleep\(…\) needs a scheduler/, () => sleep(1), "outside");
});

test("50 a scheduler within another is current while it runs, and then the first again", () => {
  const clocks = play(function* () {
    const before = now();
    yield* sleep(7);
    runSync(function* () {
      yield* yieldNow();
    });
    yield* sleep(1);
    return [before, now()];
  });
  assert.deepEqual(clocks, [0, 8]);
});

test("51 a host that does not implement what it must is a TypeError that names it, and nothing is started", () => {
  const before = dump();
  const start = (host: unknown) => () => run({ host: host as never }, () => yieldNow() as never);
  assert.throws(start({}), {
    name: "TypeError",
    message: "a host must implement now, setTimer, clearTimer, post, report",
  });
  const incomplete = { now: () => 0, clearTimer() {}, post() {}, report() {} };
  assert.throws(start(incomplete), { message: "a host must implement setTimer" });
  assert.equal(dump(), before);
  checkKernel();
});

test("51 nothing replaces a scheduler: a run goes on to its end on the host that it has", async () => {
  const log = new Log();
  const [one, two] = [new ManualHost(), new ManualHost()];
  const on = (host: ManualHost, name: string) =>
    run({ host }, function* () {
      try {
        yield* sleep(10);
      } finally {
        log.say(name);
      }
    });
  const first = on(one, "first");
  one.advance(5);
  const second = on(two, "second");
  two.finish();
  await second;
  log.is(["second"]);
  one.finish();
  await first;
  log.is(["second", "first"]);
});

test("52 there is nothing to close: a run ends once, and to dispose of it again is nothing", async () => {
  const log = new Log();
  const host = new ManualHost();
  const { fiber, scheduler } = begin({ host }, function* () {
    try {
      yield* sleep(Infinity);
    } finally {
      log.say("closes");
    }
  });
  host.advance(1);
  void fiber.cancel();
  host.finish();
  void fiber.cancel();
  host.finish();
  log.is(["closes"]);
  checkIdle(scheduler);

  const disposed = run(() => sleep(Infinity) as never);
  await disposed[Symbol.asyncDispose]();
  await disposed[Symbol.asyncDispose]();
  assert.equal(disposed.fiber.alive, false);
  // The host's scheduler is there for the next.
  assert.equal(await run(() => yieldNow() as never), undefined);
});

test("53 spawn, without a scheduler, is refused", () => {
  refused(/^spawn\(…\) needs a scheduler/, () => spawn(() => sleep(1)), "outside");
  checkKernel();
});

test("53 spawn does not run the routine in the call, as Fiber.schedule does, but in a turn of its own", () => {
  const log = new Log();
  play(function* () {
    spawn(function* () {
      log.say("child");
    });
    log.say("parent");
  });
  log.is(["parent", "child"]);
});

/** A host with the five methods that it must have, and no other; it counts their calls. */
class LeastHost implements Host {
  readonly calls: Record<"now" | "setTimer" | "clearTimer" | "post" | "report", number> = {
    now: 0,
    setTimer: 0,
    clearTimer: 0,
    post: 0,
    report: 0,
  };
  now(): number {
    this.calls.now++;
    return performance.now();
  }
  setTimer(callback: () => void, ms: number): unknown {
    this.calls.setTimer++;
    return setTimeout(callback, ms);
  }
  clearTimer(timer: unknown): void {
    this.calls.clearTimer++;
    clearTimeout(timer as number);
  }
  post(callback: () => void): void {
    this.calls.post++;
    setTimeout(callback, 0);
  }
  report(): void {
    this.calls.report++;
  }
}

test("54 a clock, one timer, a way to come back and a place for errors are enough for every kind of wait", async () => {
  const host = new LeastHost();
  const seen = await run({ host, budget: { ms: 1e9, switches: 5 } }, function* () {
    const values: unknown[] = [];
    // kernel_sleep, and its end by another timer of the one scheduler
    values.push(yield* moveOnAfter(1, () => sleep(60_000), "moved on"));
    // block and unblock
    let wake: Wake<string> | undefined;
    const blocked = spawn(() =>
      suspend<string>((wakeUp) => {
        wake = wakeUp;
      }),
    );
    yield* yieldNow();
    yield* yieldNow();
    setTimeout(() => wake?.("unblocked"), 1);
    values.push(yield* moveOnAfter(60_000, () => blocked.join()));
    // io_wait and its like
    values.push(yield* until(new Promise((resolve) => setTimeout(resolve, 1, "read"))));
    // yield
    for (let i = 0; i < 20; i++) yield* yieldNow();
    // fiber_interrupt
    const interrupted = spawn(function* () {
      try {
        yield* sleep(60_000);
        return "not reached";
      } catch (error) {
        return (error as Error).message;
      }
    });
    yield* sleep(1);
    interrupted.raise("interrupted");
    values.push(yield* interrupted);
    // A timer that is taken back. On a busy machine, a wait may be over before its timer is set.
    const moment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
    for (let tries = 0; tries < 100 && host.calls.clearTimer === 0; tries++) {
      yield* moveOnAfter(60_000, () => until(moment()));
      yield* until(moment());
    }
    return values;
  });
  assert.deepEqual(seen, ["moved on", "unblocked", "read", "interrupted"]);
  const { calls } = host;
  assert.ok(calls.now > 0 && calls.setTimer > 0 && calls.clearTimer > 0 && calls.post > 0);
  assert.equal(calls.report, 0);
});

test("55 a host without contexts or idleness runs what asks for them, only without", async () => {
  const host = new LeastHost();
  const value = await run({ host, asyncContext: true }, function* () {
    yield* sleep(1);
    return "runs";
  });
  assert.equal(value, "runs");
  // No fiber gets a DeadlockError there: it might still be woken.
  const stuck = run({ host }, () => suspend(() => {}) as never);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(stuck.fiber.alive, true);
  stuck.cancel();
  await assert.rejects(stuck, FiberError);
});

test("55 what a host's method throws comes out where the host gave the turn, and the fibers wait on", async () => {
  const host = new ManualHost();
  let wake: Wake<void> | undefined;
  const { fiber, promise, scheduler } = begin({ host }, function* () {
    const other = spawn(() =>
      suspend((wakeUp) => {
        wake = wakeUp;
      }),
    );
    yield* sleep(1);
    yield* other;
    return "slept";
  });
  const error = new Error("no timers left");
  const setTimer = host.setTimer.bind(host);
  host.setTimer = () => {
    throw error;
  };
  assert.equal(
    thrown(() => host.advance(1)),
    error,
  );
  checkKernel();
  assert.equal(fiber.alive, true);
  host.setTimer = setTimer;
  // The next thing that happens asks for the timer again.
  wake?.();
  host.finish();
  assert.equal(await promise, "slept");
  checkIdle(scheduler);
});

test("56 sleep results in nothing, and the clock says how long it was: never less than was asked for", () => {
  play(function* () {
    for (const ms of [0, 1, 2.5, 1000]) {
      const before = now();
      assert.equal(yield* sleep(ms), undefined);
      assert.ok(now() - before >= ms);
    }
  });
});

test("56 a wait with a limit shows how it ended: its value when woken, the fallback or an error when timed out", () => {
  const log = new Log();
  play(function* () {
    for (const ms of [5, 50]) {
      log.say(
        yield* moveOnAfter(
          10,
          function* () {
            yield* sleep(ms);
            return "unblocked";
          },
          "timed out",
        ),
      );
    }
    try {
      yield* failAfter(10, () => sleep(50));
    } catch (error) {
      assert.ok(error instanceof TimeoutError);
      log.say("raised");
    }
  });
  log.is(["unblocked", "timed out", "raised"]);
});

test("56 a time limit interrupts waits, not what is shielded, and no computing but at a checkpoint", () => {
  const log = new Log();
  const host = new ManualHost();
  play(
    function* () {
      yield* moveOnAfter(10, function* () {
        yield* shield(() => sleep(20));
        log.say(`shielded until ${now()}`);
        yield* sleep(1);
        log.say("not reached");
      });
      yield* moveOnAfter(10, function* () {
        host.time += 20;
        log.say(`computes until ${now()}`);
        yield* yieldNow();
        checkpoint();
        log.say("not reached");
      });
    },
    { host },
  );
  log.is(["shielded until 20", "computes until 40"]);
});

test("57 there is no quantum and nothing is preempted: fibers that compute take turns where they give way", () => {
  for (const name of ["quantum", "runtime"]) assert.equal(name in Fiber.root, false);
  const log = new Log();
  play(function* () {
    for (const name of ["a", "b"]) {
      spawn(function* () {
        for (let i = 0; i < 3; i++) {
          for (let step = 0; step < 2; step++) log.say(name);
          yield* yieldNow();
        }
      });
    }
  });
  // The policy decides which begins; from then on they take turns.
  const round = log.lines.slice(0, 4);
  assert.deepEqual(round.join(""), log.lines[0] === "a" ? "aabb" : "bbaa");
  log.is([...round, ...round, ...round]);
});

test("57 all fibers share the budget: when its switches are spent, the host has its turn", async () => {
  const host = new ManualHost();
  let turns = 0;
  const post = host.post.bind(host);
  host.post = (callback) => {
    turns++;
    post(callback);
  };
  const done = run({ host, budget: { ms: 1e9, switches: 100 } }, function* () {
    for (let i = 0; i < 10; i++) {
      spawn(function* () {
        for (let n = 0; n < 100; n++) yield* yieldNow();
      });
    }
  });
  host.finish();
  await done;
  assert.ok(turns >= 9, `${turns} turns of the host in a thousand switches of a hundred`);
});
