/** What the stack of an error says of the routines that are state machines. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, type Routine, run, scope, yieldNow } from "fibril";
import { type Code, frames, KILL, perform, RAISE, RETURN, START } from "fibril/frames";
import { hopsOf } from "./support/hops.ts";

/** A state machine that calls another routine, and notes the lines of the error that it gets. */
function caller(name: string, next: () => Routine<unknown>, seen: string[][] = []): () => Routine {
  const codes: Readonly<Record<string, Code>> = {
    [name](_frame, how, value) {
      if (how === START) return perform(call(next));
      if (how !== RAISE) return how === RETURN ? KILL : value;
      seen.push(hopsOf(value));
      throw value;
    },
  };
  return frames<[], unknown>(name, codes[name] as Code) as unknown as () => Routine;
}

test("routines that are state machines have lines like any other, but for the place of a wait", async () => {
  const open = frames<[], never>("open", function open(_frame, how) {
    if (how === START) return perform(yieldNow());
    throw new Error("no such file");
  });
  const seen: string[][] = [];
  const load = caller("load", open as unknown as () => Routine, seen);
  const error = (await run(function* main() {
    yield* call(caller("session", () => scope(load) as never, seen));
  }).catch((e: unknown) => e)) as Error;
  const lines = (error.stack as string).split("\n");
  assert.match(lines[1] as string, /^    at open \(.*hops-machines\.test\.[jt]s/);
  assert.deepEqual(hopsOf(error), [
    "    in load",
    "    in session",
    "    in main (…)",
    '    in fiber "main"',
  ]);
  assert.deepEqual(seen, [["    in load"], ["    in load", "    in session"]]);
});
