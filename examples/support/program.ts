/** An example as a process of its own, for the tests. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export interface Program {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  text(): string;
  /** Waits for a line that matches. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Its exit code; null if a signal ended it. */
  readonly ended: Promise<number | null>;
}

/** Starts an example. The end of the test ends it. */
export const start = (t: TestContext, name: string, ...args: unknown[]): Program =>
  startWith(t, [], name, ...args);

/** The same, with flags for Node. */
export function startWith(
  t: TestContext,
  flags: readonly string[],
  name: string,
  ...args: unknown[]
): Program {
  const file = fileURLToPath(new URL(`../${name}.js`, import.meta.url));
  const child = spawn(process.execPath, [...flags, file, ...args.map(String)]);
  t.after(() => child.kill("SIGKILL"));
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => void (text += chunk));
  }
  const ended = once(child, "close").then(([code]) => code as number | null);
  const says = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(text);
      if (match) return match;
      assert.equal(child.exitCode, null, `it ended without a word of ${pattern}: ${text}`);
      await delay(20);
    }
  };
  return { child, text: () => text, says, ended };
}
