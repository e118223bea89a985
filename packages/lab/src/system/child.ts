/** One child process: its output, or why there is none. */
import { spawn } from "node:child_process";

export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  /** What went wrong, in words; undefined when the process ended well. */
  readonly trouble?: string;
}

/** Runs a command to its end, or to `timeout` seconds, or until `signal` aborts. */
export function run(
  command: string,
  args: readonly string[],
  timeout: number,
  signal: AbortSignal,
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    // A group of its own: Ctrl-C in a terminal goes to the lab alone, which ends its child itself.
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      env: { ...process.env, ...env },
    });
    let stdout = "";
    let stderr = "";
    let late = false;
    const kill = (): void => endGroup(child.pid);
    const timer = setTimeout(() => {
      late = true;
      kill();
    }, timeout * 1000);
    signal.addEventListener("abort", kill, { once: true });
    if (signal.aborted) kill();
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const finish = (trouble?: string): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", kill);
      resolve(trouble === undefined ? { stdout, stderr } : { stdout, stderr, trouble });
    };
    child.once("error", (error) => finish(error.message));
    child.once("close", (code, by) => {
      if (late) finish(`did not end within ${timeout} s`);
      else if (by !== null) finish(`was ended by ${by}`);
      else if (code !== 0) finish(`ended with code ${code}: ${lastLine(stderr)}`);
      else finish();
    });
  });
}

/** What the child has started ends with it. */
function endGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, "SIGKILL");
  } catch {
    // it has ended already
  }
}

/** The message of an uncaught error stands on a line of its own above the stack. */
function lastLine(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? "it said nothing";
}
