/** Processes, each owned by a scope. */
import { type ChildProcess, spawn as spawnNode } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import {
  type ByteReader,
  lines,
  type LinesOptions,
  moveOnAfter,
  type Op,
  pipe,
  Reader,
  type Readables,
  resource,
  type Routine,
  routine,
  sleep,
  spawn,
  suspend,
  until,
  type Writer,
} from "fibril";
import {
  bytesOn,
  checkOptions,
  checkScheduled,
  checkValue,
  type Rules,
  writerOn,
} from "fibril/extend";
import type { Bytes } from "../net/connection.js";
import { ignore } from "../net/options.js";
import { atExit } from "./at-exit.js";
import { endedBadly, type ExitStatus, notStarted } from "./error.js";
import { groupRuns, sendSignal } from "./group.js";
import { SIGNAL } from "./signals.js";
import { checkCommand, checkSpawn, folderOf, type SpawnProcessOptions } from "./options.js";
import { Input, Output, Tail } from "./pipe.js";

/** Which ends of a process are no error. */
export interface ExitOptions {
  /** Codes that are not errors: 0 by default. With `"any"`, neither a code nor a signal is. */
  readonly codes?: readonly number[] | "any" | undefined;
}

export const CODES = {
  takes: 'an array of exit codes, or "any"',
  holds: (value: unknown): boolean =>
    value === "any" || (Array.isArray(value) && value.every((each) => Number.isInteger(each))),
} as const;
const EXIT_RULES: Rules<ExitOptions> = { codes: CODES };

/** Milliseconds for the rest of stderr, which another process may keep open. */
const LAST_WORDS = 100;
/** Milliseconds between two looks at a group. The system tells nobody when it is empty. */
const LOOK = 20;

/**
 * A process that `spawnProcess` has started. It belongs to the scope in which it was started, and ends with it at the
 * latest.
 */
export class Process {
  /** The command as it was given. */
  readonly command: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** Node's own object, for its events and numbers. */
  readonly child: ChildProcess;
  readonly #options: SpawnProcessOptions;
  readonly #tail: Tail;
  readonly #stdin: Input | null;
  readonly #stdout: Output | null;
  readonly #stderr: Output | null;
  #writer: Writer<Bytes> | null;
  #out: ByteReader | null;
  #err: ByteReader | null;
  #status: ExitStatus | null;
  /** Who waits for its exit. Node warns of more than ten listeners. */
  readonly #waiting: Set<(status: ExitStatus) => void>;
  #forget: () => void;

  /** @internal */
  constructor(
    child: ChildProcess,
    command: string,
    args: readonly string[],
    options: SpawnProcessOptions,
  ) {
    this.command = command;
    this.args = args;
    this.child = child;
    this.#options = options;
    this.#tail = new Tail();
    const { stdin, stdout, stderr } = child;
    this.#stdin = stdin && new Input(stdin, `stdin of ${command}`);
    this.#stdout = stdout && new Output(stdout as Socket, `stdout of ${command}`);
    this.#stderr = null;
    if (stderr !== null && options.stderr === "pipe") {
      this.#stderr = new Output(stderr as Socket, `stderr of ${command}`, this.#tail);
    } else {
      stderr?.on("data", (chunk: Buffer) => this.#tail.add(chunk));
      stderr?.on("error", ignore);
    }
    this.#writer = this.#out = this.#err = null;
    this.#status = null;
    this.#waiting = new Set();
    this.#forget = atExit(() => this.#send("SIGKILL"));
    child.on("exit", (code, signal) => {
      const status = (this.#status = { code, signal });
      if (options.group !== true) this.#forget();
      for (const told of this.#waiting) told(status);
      this.#waiting.clear();
    });
    child.on("error", ignore);
  }

  /** Its number in the system. */
  get pid(): number {
    return this.child.pid as number;
  }

  /** How it has ended, or null while it runs. */
  get status(): ExitStatus | null {
    return this.#status;
  }

  /** What it reads. Writing throws FiberError of code `broken` when the process has closed it, or has ended. */
  get stdin(): Writer<Bytes> {
    if (this.#options.input !== undefined) throw this.#elsewhere("stdin", "the option input");
    return (this.#writer ??= writerOn<Bytes>(
      this.#stdin ?? this.#none("stdin", this.#options.stdin),
      `stdin of ${this.command}`,
    ));
  }

  /** What it writes. It waits while that is not read. */
  get stdout(): ByteReader {
    return (this.#out ??= bytesOn(
      this.#stdout ?? this.#none("stdout", this.#options.stdout),
      `stdout of ${this.command}`,
    ));
  }

  /** What it writes to stderr, with the option `stderr: "pipe"`. It waits while that is not read. */
  get stderr(): ByteReader {
    return (this.#err ??= bytesOn(
      this.#stderr ?? this.#none("stderr", this.#options.stderr ?? "tail"),
      `stderr of ${this.command}`,
    ));
  }

  /** A reader of the lines of stdout. A plain call. */
  lines(options?: LinesOptions): Reader<string> {
    return lines(this.stdout, options);
  }

  /**
   * Waits until it has ended, and results in how. What nobody has asked to read of its output is thrown away, so that it
   * does not wait for that for ever.
   *
   * Suspends. Throws ProcessError for a code that is not expected, and for a signal, with the tail of stderr; and
   * Cancelled. The process goes on when the wait is called off.
   */
  exit(options: ExitOptions = {}): Op<ExitStatus> {
    checkOptions("process.exit", options, EXIT_RULES);
    return exiting(this, options.codes ?? [0]);
  }

  /**
   * Sends a signal, SIGTERM by default. A plain call; answers whether there was somebody to get it. Throws TypeError for
   * what is not a signal.
   */
  kill(signal: NodeJS.Signals = "SIGTERM"): boolean {
    checkValue("kill", signal, SIGNAL);
    return this.#send(signal);
  }

  /** `process 123 (grep)`. */
  toString(): string {
    return `process ${this.pid} (${this.command})`;
  }

  /** @internal */
  *_exit(codes: readonly number[] | "any"): Routine<ExitStatus> {
    if (this.#out === null) this.#stdout?.forget();
    if (this.#err === null) this.#stderr?.forget();
    const status = yield* this.#ended();
    if (codes === "any" || (status.code !== null && codes.includes(status.code))) return status;
    const { stderr } = this.child;
    if (stderr !== null && !stderr.closed) {
      yield* moveOnAfter(LAST_WORDS, () =>
        suspend(`the last words of ${this.toString()}`, (wake) => {
          stderr.once("close", wake);
          return () => stderr.removeListener("close", wake);
        }),
      );
    }
    throw endedBadly(this.command, this.args, status, this.#tail.text);
  }

  /** @internal When its scope ends. */
  *_end(): Routine<void> {
    const { grace = 5_000 } = this.#options;
    let closed: Promise<unknown>[];
    try {
      if (this.#alive && grace > 0) {
        this.#send("SIGTERM");
        yield* moveOnAfter(grace, () => this.#gone());
      }
    } finally {
      // Also where the fiber may not wait any more.
      if (this.#options.group === true) this.#forget();
      const { stdin, stdout, stderr } = this.child;
      closed = [stdin, stdout, stderr].map(closing);
      this.#out?.close();
      this.#err?.close();
      this.#writer?.abort();
      if (this.#alive) this.#send("SIGKILL");
    }
    yield* this.#ended();
    yield* until(`the pipes of ${this.toString()} to close`, Promise.all(closed));
  }

  /** @internal What `input` gives. A process need not read all of it. */
  *_feed(input: Readables<Bytes>): Routine<void> {
    const stdin = this.#stdin as Input;
    try {
      yield* pipe(Reader.from(input), writerOn<Bytes>(stdin, `stdin of ${this.command}`));
    } catch (error) {
      if (error !== stdin.failure) throw error;
    }
  }

  get #alive(): boolean {
    return this.#status === null || (this.#options.group === true && groupRuns(this.pid));
  }

  /** Not by `child.kill`, which in Deno does nothing the second time. Throws Node's error if it may not be sent. */
  #send(signal: NodeJS.Signals): boolean {
    if (this.#options.group === true) return sendSignal(-this.pid, signal);
    return this.#status === null && sendSignal(this.pid, signal);
  }

  #ended(): Op<ExitStatus> {
    return suspend<ExitStatus>(`${this.toString()} to exit`, (wake) => {
      if (this.#status !== null) {
        wake(this.#status);
        return undefined;
      }
      this.#waiting.add(wake);
      return () => void this.#waiting.delete(wake);
    });
  }

  *#gone(): Routine<void> {
    yield* this.#ended();
    while (this.#alive) yield* sleep(LOOK);
  }

  #none(which: string, how: string | undefined): never {
    throw this.#elsewhere(which, `the option ${which}: ${JSON.stringify(how)}`);
  }

  #elsewhere(which: string, why: string): TypeError {
    return new TypeError(`${which} of ${this.command} is not the program's, by ${why}`);
  }
}

/** Destroys it, and waits until it is closed. */
async function closing(stream: Readable | Writable | null): Promise<void> {
  if (stream === null || stream.closed) return;
  const closed = once(stream, "close");
  stream.destroy();
  await closed;
}

const exiting = routine("process.exit", (process: Process, codes: readonly number[] | "any") =>
  process._exit(codes),
) as unknown as (process: Process, codes: readonly number[] | "any") => Op<ExitStatus>;

function* begun(
  command: string,
  args: readonly string[],
  options: SpawnProcessOptions,
): Routine<Process> {
  const { input, group = false, env, stdin = "pipe", stdout = "pipe", stderr = "tail" } = options;
  const cwd = folderOf(options.cwd);
  let child: ChildProcess;
  try {
    child = spawnNode(command, args, {
      ...options.node,
      ...(cwd === undefined ? {} : { cwd }),
      ...(env === undefined ? {} : { env }),
      detached: group,
      stdio: [stdin, stdout, stderr === "tail" ? "pipe" : stderr],
    });
  } catch (error) {
    throw notStarted(command, args, cwd, error);
  }
  if (child.pid === undefined) {
    yield* suspend(`${command} to start`, (_wake, fail) => {
      child.once("error", (error) => fail(notStarted(command, args, cwd, error)));
    });
  }
  const process = new Process(child, command, args, options);
  if (typeof input === "string" || input instanceof Uint8Array) child.stdin?.end(input);
  else if (input !== undefined) spawn(`input of ${command}`, () => process._feed(input));
  return process;
}

/**
 * Starts a process, which belongs to the innermost scope of the running fiber. When that ends, however it ends, a process
 * that still runs gets SIGTERM, and after `grace` milliseconds SIGKILL; the scope waits for its end. To let it finish,
 * wait for `process.exit()` first. The command is looked up in the path, and no shell is between.
 *
 * Suspends until it has started. Throws ProcessError, with Node's error as its cause, when it cannot be started;
 * TypeError and RangeError for invalid arguments and options. An error of a stream that was given as `input` fails
 * the scope.
 *
 * ```ts
 * import { run } from "fibril";
 * import { spawnProcess } from "@fibril/node";
 *
 * const sorted: string[] = [];
 * await run(function* () {
 *   const sort = yield* spawnProcess("sort", ["-n"]);
 *   yield* sort.stdin.write("10\n9\n");
 *   yield* sort.stdin.end();
 *   yield* sort.lines().each((line) => void sorted.push(line));
 *   yield* sort.exit();
 * });
 * sorted; // ["9", "10"]
 * ```
 */
export function spawnProcess(
  command: string,
  args: readonly string[] = [],
  options: SpawnProcessOptions = {},
): Op<Process> {
  checkSpawn(options);
  checkCommand("spawnProcess", command, args, options);
  checkScheduled("spawnProcess");
  return spawns(command, args, options);
}

const spawns = routine(
  "spawnProcess",
  function* (command: string, args: readonly string[], options: SpawnProcessOptions) {
    return yield* resource(
      () => begun(command, args, options),
      (process) => process._end(),
    );
  },
);
