/** Programs: from their start to their exit code. */
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

/** The forms of `main`: options may stand before the routine. */
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

/** What ends a program, with the exit code that shells expect then: 128 and the signal's number. */
const SIGNALS: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143 };

/**
 * Runs a routine as the program: once, at its top level.
 *
 * SIGINT and SIGTERM cancel it and wait for its clean-up; a second one unwinds what is left without
 * waiting any more, a third exits at once. The exit code is then 130 or 143. An error that comes out is
 * printed with the fibers that it came through, and the exit code is 1. SIGUSR2 prints `dump()`, where
 * there are signals. In a browser, errors are reported to the page. Fibers that all wait, for nothing
 * but each other, wait for such a signal: they are told of no deadlock, and the process lives.
 *
 * The promise resolves when the program has ended, and never rejects. What else keeps the process
 * alive, such as an open socket, does so after a normal end only.
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
  /** Until the first signal, the program waits for one if it waits for nothing else. */
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

/** What a run rejects with that did as it was asked to. */
function isEnd(error: unknown): boolean {
  return error instanceof FiberError && (error.code === "cancelled" || error.code === "killed");
}

function ignore(): void {}

function tell(): void {
  globals.console.error(dump());
}
