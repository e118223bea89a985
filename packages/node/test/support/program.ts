/** A program of its own: the lines of a module that may use Fibril and this package. */
import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const IMPORTS = `
  import { main, run, scope, shield, sleep, spawn } from "fibril";
  import { onSignal, spawnProcess, stdinLines, tempDir } from "@fibril/node";
`;

export interface Program {
  readonly child: ChildProcessWithoutNullStreams;
  /** Waits until it has printed something. */
  readonly says: (pattern: RegExp) => Promise<RegExpExecArray>;
  /** Its exit code, and all that it has printed. */
  readonly ended: Promise<{ code: unknown; said: string }>;
}

/** The end of the test ends it. */
export function program(t: TestContext, body: string): Program {
  const child = spawn(process.execPath, ["--input-type=module", "-e", IMPORTS + body], {
    cwd: ROOT,
  });
  t.after(() => child.kill("SIGKILL"));
  let said = "";
  let open = true;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => void (said += chunk));
  }
  const ended = once(child, "close").then(([code]) => {
    open = false;
    return { code: code as unknown, said };
  });
  const says = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (let turns = 0; turns < 3_000; turns++) {
      const match = pattern.exec(said);
      if (match !== null) return match;
      assert.ok(open, `it ended without a word of ${pattern}: ${said}`);
      await delay(10);
    }
    return assert.fail(`it never said ${pattern}: ${said}`);
  };
  return { child, says, ended };
}
