/** Clean-up that does not wait: `defer` of a plain function. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { defer, type Op, type Routine, scope, sleep } from "fibril";
import { Log, play } from "./support/manual-host.ts";

const say = (log: Log, line: string, ms: number) =>
  function* saying(): Routine<void> {
    yield* sleep(ms);
    log.say(line);
  };

test("a plain function is deferred too; what it gives must be nothing, or something to run", () => {
  const log = new Log();
  const failing = new Error("of the clean-up");
  play(function* () {
    yield* scope(function* () {
      defer((line: string) => log.say(line), "with an argument");
      defer(() => say(log, "a generator that it gives", 1)());
      defer(() => sleep(1));
      defer(() => {
        log.say("a plain function");
      });
    });
    log.say("over");
    for (const [work, error] of [
      [(): never => fail(failing), failing],
      [
        async () => {},
        /calling it gave a promise: to wait for a promise, write yield\* until\(promise\)/,
      ],
    ] as const) {
      const thrownError = yield* caught(() =>
        scope(function* () {
          defer(work as () => void);
        }),
      );
      if (error instanceof Error) assert.equal(thrownError, error);
      else assert.match(String(thrownError), error);
    }
  });
  log.is(["a plain function", "a generator that it gives", "with an argument", "over"]);
});

function fail(error: Error): never {
  throw error;
}

function* caught(work: () => Op<unknown>): Routine<unknown> {
  try {
    yield* work();
  } catch (error) {
    return error;
  }
  return assert.fail("it throws");
}
