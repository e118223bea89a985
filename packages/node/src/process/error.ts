/** Processes that could not be started, or did not end as they should. */
import { statSync } from "node:fs";

/** How a process has ended: either of them is null. */
export interface ExitStatus {
  /** What it has exited with. */
  readonly code: number | null;
  /** What has ended it. */
  readonly signal: NodeJS.Signals | null;
}

interface Details extends ErrorOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly code?: number | null;
  readonly signal?: NodeJS.Signals | null;
  readonly stderr?: string;
}

/**
 * Thrown when a process exits with a code that is not among the expected ones, is ended by a signal, or cannot be
 * started; then its `cause` is Node's error (`ENOENT`, `EACCES`), and `code` and `signal` are null.
 *
 * ```ts
 * import { run } from "fibril";
 * import { exec, ProcessError } from "@fibril/node";
 *
 * const error = await run(function* () {
 *   try {
 *     yield* exec("node", ["-e", "console.error('no such luck'); process.exit(3)"]);
 *   } catch (error) {
 *     if (error instanceof ProcessError) return error;
 *   }
 *   return undefined;
 * });
 * error?.code; // 3
 * error?.stderr.trim(); // "no such luck"
 * ```
 */
export class ProcessError extends Error {
  /** The command as it was given. */
  readonly command: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** What it has exited with. */
  readonly code: number | null;
  /** What has ended it. */
  readonly signal: NodeJS.Signals | null;
  /** The last 4 KiB of what it has written to stderr, unless that went elsewhere. */
  readonly stderr: string;

  /** @internal */
  constructor(message: string, details: Details) {
    super(message, "cause" in details ? { cause: details.cause } : {});
    this.command = details.command;
    this.args = details.args;
    this.code = details.code ?? null;
    this.signal = details.signal ?? null;
    this.stderr = details.stderr ?? "";
  }

  static {
    Object.defineProperty(this.prototype, "name", { value: "ProcessError", configurable: true });
  }
}

/** Characters of the last line of stderr that a message tells. */
const LINE = 200;

/** For a process that has ended otherwise than it should. */
export function endedBadly(
  command: string,
  args: readonly string[],
  { code, signal }: ExitStatus,
  stderr: string,
): ProcessError {
  const how = signal === null ? `has exited with code ${code}` : `was ended by ${signal}`;
  const all = stderr.trimEnd();
  const last = all.slice(all.lastIndexOf("\n") + 1);
  const said = last === "" ? "" : `: ${last.length > LINE ? `${last.slice(0, LINE)}…` : last}`;
  return new ProcessError(`${command} ${how}${said}`, { command, args, code, signal, stderr });
}

/** For a process that could not be started: the system tells of a missing folder and a missing command alike. */
export function notStarted(
  command: string,
  args: readonly string[],
  cwd: string | undefined,
  cause: unknown,
): ProcessError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const missing = code === "ENOENT" || code === "ENOTDIR";
  let why = message;
  const place = missing && cwd !== undefined ? kindOf(cwd) : "folder";
  if (place === "nothing") why = `there is no folder ${cwd}`;
  else if (place === "other") why = `${cwd} is not a folder`;
  else if (missing && args.length === 0 && /^\S+\s/.test(command))
    why = "there is no such command; arguments go into a list of their own";
  else if (missing) why = "there is no such command";
  else if (code === "EACCES") why = "permission was denied";
  return new ProcessError(`${command} cannot be started: ${why} (${code})`, {
    command,
    args,
    cause,
  });
}

function kindOf(path: string): "folder" | "other" | "nothing" {
  try {
    return statSync(path).isDirectory() ? "folder" : "other";
  } catch {
    return "nothing";
  }
}
