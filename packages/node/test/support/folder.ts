/** Tests with a folder for the time being. */
import { type Routine, run, scope, spawn, until, yieldNow } from "fibril";
import { tempDir } from "@fibril/node";
import { holds } from "./streams.ts";

/** Runs a body with a folder that is gone afterwards. */
export function inFolder<T>(body: (folder: string) => Generator<any, T, any>): Promise<T> {
  return run(function* () {
    return yield* body(yield* tempDir({ prefix: "fibril-test-" }));
  });
}

/** How a fiber is stopped: asked to end, asked without a moment for its clean-up, or killed. */
export const STOPS = ["cancel", "now", "kill"] as const;

/** Runs an operation, and stops it after some turns, of fibers and of the event loop. */
export function* stopped(
  how: (typeof STOPS)[number],
  turns: number,
  operation: () => Generator<any, unknown, any>,
): Routine<void> {
  const child = spawn(() => scope(operation));
  for (let turn = 0; turn < turns; turn++) {
    if (turn % 3 === 0) yield* yieldNow();
    else yield* until(new Promise((wakes) => setImmediate(wakes)));
  }
  if (how === "kill") child.kill();
  else child.cancel("enough", how === "now" ? { grace: 0 } : {});
  yield* holds(() => !child.alive);
}
