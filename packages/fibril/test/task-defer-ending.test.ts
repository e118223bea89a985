/** Clean-up is passed how the work of its scope ended. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Cancelled,
  defer,
  monitor,
  type Routine,
  scope,
  type ScopeEnding,
  sleep,
  spawn,
  supervised,
} from "fibril";
import { play } from "./support/manual-host.ts";

test("a deferred function is passed how the scope's work ended, after its own arguments", () => {
  const error = new Error("why");
  for (const [work, ending, value] of [
    [
      function* () {
        return 42;
      },
      "returned",
      42,
    ],
    [
      function* () {
        throw error;
      },
      "failed",
      error,
    ],
    [
      function* () {
        spawn(function* () {
          throw error;
        });
      },
      "failed",
      error,
    ],
    [
      function* () {
        yield* sleep(Infinity);
      },
      "cancelled",
      "over",
    ],
    [
      function* () {
        yield* sleep(Infinity);
      },
      "killed",
      undefined,
    ],
  ] as [() => Routine<unknown>, string, unknown][]) {
    const told: unknown[] = [];
    const tell = (...all: unknown[]): void => {
      for (const each of all) {
        const end = each as ScopeEnding;
        if (typeof each !== "object") told.push(each);
        else told.push(end.ending, end.value instanceof Cancelled ? end.value.reason : end.value);
      }
    };
    play(function* () {
      yield* supervised(function* () {
        const task = spawn(function* () {
          yield* scope(function* () {
            defer(function* (name: string, end: ScopeEnding) {
              yield* sleep(1);
              tell(name, end);
            }, "routine");
            defer((name: string, end: ScopeEnding) => tell(name, end), "function");
            defer(function* (end) {
              tell(end);
            });
            defer(function* () {});
            return yield* work();
          });
        });
        monitor(task, () => {});
        yield* sleep(1);
        if (ending === "killed") task.kill();
        else if (ending === "cancelled") yield* task.cancel("over");
        yield* sleep(5);
      });
    });
    assert.deepEqual(told, [ending, value, "function", ending, value, "routine", ending, value]);
  }
});
