/** Runs one child process and collects its output. */
import { spawn } from "node:child_process";

export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
  /** What went wrong, as a text for the user; undefined when the process ended with code 0. */
  readonly trouble?: string;
}

/** Runs a command until it ends, until `timeout` seconds have passed, or until `signal` aborts. */
export function run(
  command: string,
  args: readonly string[],
  timeout: number,
  signal: AbortSignal,
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    // In its own process group, so that Ctrl-C in a terminal reaches only the lab, which then ends the child.
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

/** Ends the whole group, because a child may have started further processes. */
function endGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, "SIGKILL");
  } catch {
    // the group has ended already
  }
}

/** The line of an uncaught error's message, which stands above the stack; otherwise the last line. */
function lastLine(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? "it said nothing";
}
