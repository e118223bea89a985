import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command; `until` looks at stderr and may answer a signal to send. */
export function lab(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  until?: (stderr: string) => NodeJS.Signals | undefined,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CLI, ...args], { env: { ...process.env, ...env } });
    let stdout = "";
    let stderr = "";
    let sent = false;
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      const signal = sent ? undefined : until?.(stderr);
      if (signal === undefined) return;
      sent = true;
      child.kill(signal);
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** No Ruby, whatever is installed. */
export const NO_RUBY = { FIBRIL_RUBY: "/nonexistent/ruby" };

/** A folder that is gone when the tests have ended. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "fibril-lab-test-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Environment in which FIBRIL_<NAME> is a command that runs a script of this folder. */
export function standIn(name: string, script: string): Record<string, string> {
  const path = join(scratch(), name);
  const file = fileURLToPath(new URL(script, import.meta.url));
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${file}' "$@"\n`, { mode: 0o755 });
  return { [`FIBRIL_${name.toUpperCase()}`]: path };
}
