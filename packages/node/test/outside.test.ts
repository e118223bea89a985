/** Where there is no scheduler, and where `yield*` is missing, the error names the function that was called. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Fiber, FiberError, run, yieldNow } from "fibril";
import {
  connect,
  lines,
  onSignal,
  open,
  openWorkers,
  readFile,
  spawnProcess,
  stdinLines,
  watch,
  writeFile,
} from "@fibril/node";

const CALLS: Readonly<Record<string, () => unknown>> = {
  connect: () => connect({ port: 1 }),
  lines: () => lines("none"),
  onSignal: () => onSignal("SIGHUP"),
  open: () => open("none"),
  openWorkers: () => openWorkers(),
  readFile: () => readFile("none"),
  spawnProcess: () => spawnProcess("none"),
  stdinLines: () => stdinLines(),
  watch: () => watch("."),
  writeFile: () => writeFile("none", ""),
};

for (const [name, call] of Object.entries(CALLS)) {
  test(`${name}, in plain code and in a coroutine, needs a scheduler`, () => {
    const needs = (error: unknown): boolean => {
      assert.ok(error instanceof FiberError);
      assert.equal(error.code, "outside");
      assert.ok(error.message.startsWith(`${name}(…) needs a scheduler`), error.message);
      return true;
    };
    assert.throws(call, needs);
    // oxlint-disable-next-line require-yield -- it fails before
    const coroutine = new Fiber(function* () {
      call();
    });
    assert.throws(() => coroutine.resume(), needs);
    assert.equal(process.listenerCount("SIGHUP"), 0);
  });
}

for (const name of ["connect", "open", "openWorkers", "spawnProcess"]) {
  test(`${name} without yield* is reported by its name`, async () => {
    const forgets = run(function* () {
      CALLS[name]!();
      yield* yieldNow();
    });
    await assert.rejects(forgets, (error: Error) => error.message.includes(`the call ${name}(…)`));
  });
}
