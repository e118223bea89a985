/** Monitors of a fiber's end, and the hooks for tools. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type End,
  Fiber,
  monitor,
  type Probe,
  run,
  runSync,
  scope,
  sleep,
  spawn,
  supervised,
  yieldNow,
} from "fibril";
import { thrown } from "./support/expect.ts";
import { fails } from "./support/failing.ts";
import { Log, ManualHost, outcome, play } from "./support/manual-host.ts";

test("a monitor is called once, with how a fiber ended and its result or error", () => {
  const ends: [string, unknown][] = [];
  const error = new Error("why");
  play(function* main() {
    yield* supervised(function* () {
      const watch = (fiber: Fiber): Fiber => {
        monitor(fiber, ({ ending, fiber: ended, value }: End) => {
          assert.equal(ended, fiber);
          assert.equal(fiber.alive, false);
          ends.push([ending, (value as Error | undefined)?.message ?? value]);
        });
        return fiber;
      };
      watch(
        spawn(function* () {
          return 7;
        }),
      );
      watch(spawn(fails(error)));
      const cancelled = watch(spawn("cancelled", () => sleep(Infinity)));
      const killed = watch(spawn(() => sleep(Infinity)));
      yield* sleep(1);
      void cancelled.cancel("enough");
      killed.kill();
    });
  });
  assert.deepEqual(ends, [
    ["returned", 7],
    ["failed", "why"],
    ["cancelled", 'fiber "cancelled" was cancelled by fiber "main": enough'],
    ["killed", undefined],
  ]);
});

test("a monitor of a fiber that has ended is called at once; undo removes a monitor", () => {
  const log = new Log();
  play(function* () {
    const child = spawn(() => sleep(1));
    const undo = monitor(child, () => log.say("never"));
    monitor(child, () => log.say("first"));
    undo();
    undo();
    yield* child;
    monitor(child, () => log.say("at once"))();
    log.say("then");
  });
  log.is(["first", "at once", "then"]);
});

test("what a monitor throws is reported to the host, and has no other effect", () => {
  const error = new Error("in the monitor");
  const { end } = outcome({ reports: [error] }, function* () {
    const child = spawn(() => sleep(1));
    monitor(child, () => {
      throw error;
    });
    yield* child;
    return "end";
  });
  assert.equal(end.value, "end");
});

/** Records its calls. */
function listening(log: Log): Probe<Fiber> {
  return {
    spawn: (fiber, parent) => log.say(`spawn ${fiber.name} by ${parent?.name ?? "nobody"}`),
    resume: (fiber) => log.say(`resume ${fiber.name}`),
    suspend: (fiber, what) => log.say(`suspend ${fiber.name}: ${what ?? "gave way"}`),
    wake: (fiber) => log.say(`wake ${fiber.name}`),
    exit: (fiber, ending) => log.say(`exit ${fiber.name}: ${ending}`),
    cancel: (fiber, reason) => log.say(`cancel ${fiber.name}: ${String(reason)}`),
  };
}

test("a probe is called for everything, in the order in which it happens", () => {
  const log = new Log();
  play(
    function* main() {
      const child = spawn("child", function* () {
        yield* yieldNow();
        yield* sleep(2);
        return 1;
      });
      const other = spawn("other", () => sleep(Infinity));
      yield* child;
      void other.cancel("enough");
    },
    { probe: listening(log) },
  );
  log.is([
    "spawn main by nobody",
    "resume main",
    "spawn child by main",
    "spawn other by main",
    'suspend main: the result of fiber "child"',
    "resume child",
    "suspend child: gave way",
    "resume other",
    "suspend other: sleep(Infinity ms)",
    "resume child",
    "suspend child: sleep(2 ms)",
    "wake child",
    "resume child",
    "exit child: returned",
    "wake main",
    "resume main",
    "cancel other: enough",
    "wake other",
    "suspend main: its child",
    "resume other",
    "exit other: cancelled",
    "wake main",
    "resume main",
    "exit main: returned",
  ]);
});

test("a probe is called for fibers that are asked to end before they start, and for kills", () => {
  const log = new Log();
  play(
    function* main() {
      yield* scope(function* () {
        void spawn("cancelled", () => sleep(1)).cancel("early");
        spawn("killed", () => sleep(1)).kill();
        const sleeper = spawn("sleeper", () => sleep(5));
        yield* sleep(1);
        sleeper.kill();
      });
    },
    { probe: listening(log) },
  );
  const ends = log.lines.filter((line) => /^(?:exit|cancel)/.test(line));
  assert.deepEqual(ends, [
    "cancel cancelled: early",
    "exit killed: killed",
    "exit cancelled: cancelled",
    "exit sleeper: killed",
    "exit main: returned",
  ]);
});

test("a run in a fiber of another run has no parent, in the probe's eyes too", async () => {
  const log = new Log();
  const told = listening(log);
  await run(function* outer() {
    const probe = { spawn: (fiber: Fiber, by: Fiber | undefined) => told.spawn?.(fiber, by) };
    runSync({ probe }, function* inner() {
      spawn(function* child() {});
    });
    yield* sleep(0);
  });
  log.is(["spawn inner by nobody", "spawn child by inner"]);
});

test("a probe that throws is reported and left out; the program goes on", () => {
  const error = new Error("in the probe");
  let calls = 0;
  const { end } = outcome(
    {
      reports: [error],
      probe: {
        resume() {
          calls++;
          if (calls === 2) throw error;
        },
      },
    },
    function* () {
      for (let i = 0; i < 5; i++) yield* yieldNow();
      return "end";
    },
  );
  assert.deepEqual([end.value, calls], ["end", 2]);
});

test("a probe changes nothing of what a program does", () => {
  const program = function* (log: Log) {
    yield* scope(function* () {
      for (let i = 0; i < 20; i++) {
        spawn(function* () {
          yield* sleep(i % 3);
          log.say(`${i}`);
          if (i === 15) throw new Error("why");
          yield* yieldNow();
          log.say(`${i} again`);
        });
      }
    });
  };
  const plain = new Log();
  const probed = new Log();
  const first = thrown(() => play(() => program(plain) as never));
  const second = thrown(() =>
    play(() => program(probed) as never, { host: new ManualHost(), probe: listening(new Log()) }),
  );
  assert.equal((first as Error).message, (second as Error).message);
  assert.deepEqual(plain.lines, probed.lines);
});
