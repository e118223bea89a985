/** What the members of the tests' clusters run. */
import { type Routine, sleep } from "fibril";
import { readText, reply, serve } from "@fibril/node";

/** Answers what it was asked, and which process it is. */
export function* echoes(port: number): Routine<void, never> {
  yield* serve({ port, host: "127.0.0.1", grace: 10_000 }, function* (request) {
    const text = yield* readText(request);
    if (text === "die") process.kill(process.pid, "SIGKILL");
    yield* sleep(text.length % 3);
    return reply(`${process.pid} ${text}`);
  });
}

export function* failsToStart(): Routine<void, never> {
  throw new RangeError("no start");
}

export function* endsAtOnce(): Routine<void, never> {
  process.exit(5);
}
