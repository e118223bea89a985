/** Programs: `main` runs a routine from the start of the process to its exit code. */
import {
  FiberError,
  type NoYields,
  type RoutineFunction,
  type Scheduler,
  schedulerOf,
  type Task,
} from "./core/index.js";
import { dump } from "./dump.js";
import { defaultHost } from "./host/default.js";
import { type HostProcess, globals, hostProcess } from "./host/globals.js";
import { printError } from "./host/print.js";
import { type Run, type RunOptions, run } from "./run.js";

/** The call signatures of `main`: options may stand before the routine. */
export interface Main {
  <Args extends readonly unknown[], Yields = never>(
    routine: RoutineFunction<Args, unknown, Yields, any> & NoYields<Yields>,
    ...args: Args
  ): Promise<void>;
  <Args extends readonly unknown[], Yields = never>(
    options: RunOptions,
    routine: RoutineFunction<Args, unknown, Yields, any> & NoYields<Yields>,
    ...args: Args
  ): Promise<void>;
}

/** The signals that end a program, with the exit codes that shells expect: 128 plus the signal's number. */
const SIGNALS: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143 };

/**
 * Runs a routine as the program. Call it once, at the top level.
 *
 * SIGINT and SIGTERM cancel the routine and wait for its clean-up. A second signal unwinds what is left, which
 * then waits for nothing; a third exits at once. The exit code is then 130 or 143. An error that leaves the
 * routine is printed with the fibers that it came through, and the exit code is 1. SIGUSR2 prints `dump()`,
 * where there are signals. In a browser, errors are reported to the page. Fibers that all wait, and only for
 * each other, are not in a deadlock, because a signal may still end them: the process stays alive.
 *
 * The promise resolves when the program has ended, and never rejects. Whatever else keeps the process
 * alive, such as an open socket, does so only after a normal end.
 *
 * ```ts
 * await main(function* () {
 *   defer(function* () {
 *     console.log("good bye");
 *   });
 *   yield* sleep(10);
 * });
 * ```
 */
export const main: Main = (...given: any[]): Promise<void> => {
  const tree = (run as (...given: any[]) => Run<unknown>)(...given);
  const process = hostProcess();
  return process === undefined
    ? tree.then(ignore, (error: unknown) => defaultHost().report(error))
    : new Program(process, tree).ended;
};

class Program {
  readonly ended: Promise<void>;
  readonly #process: HostProcess;
  readonly #tree: Run<unknown>;
  /** The signal that ends it. */
  #signal: string | undefined;
  #signals: number;
  /** Called at the first signal, or at the end: until then a signal may come, so there is no deadlock. */
  readonly #asked: () => void;

  constructor(process: HostProcess, tree: Run<unknown>) {
    this.#process = process;
    this.#tree = tree;
    this.#signal = undefined;
    this.#signals = 0;
    const task = tree.fiber as unknown as Task;
    this.#asked = (schedulerOf(task) as Scheduler).acting.add();
    for (const name of Object.keys(SIGNALS)) process.on(name, this.#stop);
    try {
      process.on("SIGUSR2", tell);
    } catch {
      // Windows has no such signal.
    }
    this.ended = tree.then(
      () => this.#exit(),
      (error: unknown) => this.#exit(error, true),
    );
  }

  readonly #stop = (name: unknown): void => {
    this.#signal ??= name as string;
    this.#signals++;
    this.#asked();
    if (this.#signals === 1) this.#tree.cancel(name);
    else if (this.#signals === 2) this.#tree.cancel(name, { grace: 0 });
    else this.#process.exit(SIGNALS[this.#signal]);
  };

  #exit(error?: unknown, failed = false): void {
    this.#asked();
    for (const name of Object.keys(SIGNALS)) this.#process.off(name, this.#stop);
    this.#process.off("SIGUSR2", tell);
    const asked = this.#signal !== undefined;
    if (failed && !(asked && isEnd(error))) printError(error);
    if (asked || failed) this.#process.exit(asked ? SIGNALS[this.#signal as string] : 1);
  }
}

/** Whether a run rejected with this because it ended as it was asked to. */
function isEnd(error: unknown): boolean {
  return error instanceof FiberError && (error.code === "cancelled" || error.code === "killed");
}

function ignore(): void {}

function tell(): void {
  globals.console.error(dump());
}
