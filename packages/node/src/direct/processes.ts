/** Other programs, and signals. */
import type { LinesOptions } from "fibril";
import type { ByteReader, Channel, DirectBut, Reader, Writer } from "fibril/direct";
import * as node from "../index.js";
import type {
  Bytes,
  ExecOptions,
  ExecResult,
  OnSignalOptions,
  SpawnProcessOptions,
} from "../index.js";
import type { Made } from "./made.js";

/** A program that runs. */
export interface Process extends DirectBut<node.Process, "stdin" | "stdout" | "stderr" | "lines"> {
  /** What writes to its input. */
  readonly stdin: Writer<Bytes>;
  /** What reads its output. */
  readonly stdout: ByteReader;
  /** What reads its errors. */
  readonly stderr: ByteReader;
  /** The lines of its output. A plain call. */
  lines(options?: LinesOptions): Reader<string>;
}
export const Process = node.Process as unknown as Made<Process>;
/** Starts a program, which ends when the scope around ends. Waits until it has started. */
export const spawnProcess = node.spawnProcess as unknown as (
  command: string,
  args?: readonly string[],
  options?: SpawnProcessOptions,
) => Process;
/** Runs a program, and waits for its end and for what it has written. Throws ProcessError when it fails. */
export const exec = node.exec as unknown as {
  (
    command: string,
    args: readonly string[] | undefined,
    options: ExecOptions & { readonly encoding: "bytes" },
  ): ExecResult<Uint8Array>;
  (command: string, args?: readonly string[], options?: ExecOptions): ExecResult;
};
/** The lines of this program's input. A plain call. */
export const stdinLines = node.stdinLines as unknown as () => Reader<string>;
/** Signals of the system as a channel. A plain call. */
export const onSignal = node.onSignal as unknown as (
  signals: NodeJS.Signals | readonly NodeJS.Signals[],
  options?: OnSignalOptions,
) => Channel<NodeJS.Signals>;
