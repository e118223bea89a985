/** Processes from their start to their end, in one call. */
import { all, type ByteReader, FiberError, type Op, type Routine, routine, scope } from "fibril";
import { checkOptions, oneOf, type Rules } from "fibril/extend";
import { COUNT } from "../net/options.js";
import { checkCommand, PROCESS_RULES, type ProcessOptions } from "./options.js";
import { CODES, type ExitOptions, spawnProcess } from "./process.js";

/** Options of `exec`. */
export interface ExecOptions extends ProcessOptions, ExitOptions {
  /** Bytes that it may write to stdout and to stderr at most, each. 16 MiB by default. */
  readonly limit?: number | undefined;
  /** What the result consists of: texts, of UTF-8, by default. */
  readonly encoding?: "utf8" | "bytes" | undefined;
}

/** What a process has written, and how it has ended. */
export interface ExecResult<Output = string> {
  /** What it wrote to stdout. */
  readonly stdout: Output;
  /** What it wrote to stderr. */
  readonly stderr: Output;
  /** Null if a signal has ended it, which is an error unless `codes` is `"any"`. */
  readonly code: number | null;
}

const RULES: Rules<ExecOptions> = {
  ...PROCESS_RULES,
  codes: CODES,
  limit: COUNT,
  encoding: oneOf("utf8", "bytes"),
};

function* whole(what: string, reader: ByteReader, limit: number): Routine<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const chunk = yield* reader.read();
    if (chunk === undefined) return Buffer.concat(chunks, size);
    size += chunk.length;
    if (size > limit) throw new FiberError("overflow", `${what} has more than ${limit} bytes`);
    chunks.push(chunk);
  }
}

const executed = routine(
  "exec",
  function* (
    command: string,
    args: readonly string[],
    options: ExecOptions,
  ): Routine<ExecResult<string | Uint8Array>> {
    const { limit = 16_777_216, encoding = "utf8", codes, ...rest } = options;
    const result = yield* scope(function* () {
      const process = yield* spawnProcess(command, args, {
        ...rest,
        stderr: "pipe",
        // What is given no input shall not wait for some.
        ...(rest.input === undefined ? { stdin: "ignore" } : {}),
      });
      const [stdout, stderr] = yield* all([
        () => whole(`stdout of ${command}`, process.stdout, limit),
        () => whole(`stderr of ${command}`, process.stderr, limit),
      ]);
      const { code } = yield* process.exit(codes === undefined ? {} : { codes });
      return encoding === "bytes"
        ? { stdout, stderr, code }
        : { stdout: stdout.toString(), stderr: stderr.toString(), code };
    });
    // Nothing cancels this scope alone, which would make it result in nothing.
    return result as ExecResult<string | Uint8Array>;
  },
) as unknown as (
  command: string,
  args: readonly string[],
  options: ExecOptions,
) => Op<ExecResult<any>>;

/**
 * Runs a command to its end, and results in what it has written and its exit code. Without `input`, its stdin is empty.
 * No shell is between: for one, run `sh` with `-c`.
 *
 * Suspends until it has exited and its output has ended; a process that it has left behind with the same output delays
 * that. Throws ProcessError when it cannot be started, exits with a code that is not among `codes`, or is ended by a
 * signal; FiberError of code `overflow` when it writes more than `limit` bytes; TypeError and RangeError for invalid arguments
 * and options; and Cancelled. However it is left, the process has ended by then: see `spawnProcess`.
 *
 * ```ts
 * import { run } from "fibril";
 * import { exec } from "@fibril/node";
 *
 * const text = await run(function* () {
 *   const { stdout } = yield* exec("tr", ["a-z", "A-Z"], { input: "hello" });
 *   return stdout;
 * });
 * text; // "HELLO"
 * ```
 */
export function exec(
  command: string,
  args: readonly string[] | undefined,
  options: ExecOptions & { readonly encoding: "bytes" },
): Op<ExecResult<Uint8Array>>;
export function exec(
  command: string,
  args?: readonly string[],
  options?: ExecOptions,
): Op<ExecResult>;
export function exec(
  command: string,
  args: readonly string[] = [],
  options: ExecOptions = {},
): Op<ExecResult<any>> {
  checkOptions("exec", options, RULES);
  checkCommand("exec", command, args, options);
  return executed(command, args, options);
}
