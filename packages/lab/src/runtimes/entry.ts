/** What the lab has to know of a runtime before it measures it. */
import type { Cell, Experiment, Outcome } from "../cell.js";
import type { Variant } from "./variant.js";
import type { Runtime } from "../measuring/runtime.js";

export interface RuntimeEntry {
  /** As on the command line: `go`. */
  readonly name: string;
  /** As in a chart: `Go goroutines`. */
  readonly label: string;
  /** `inline`: measured by our worker in a Node child. `process`: a program of its own. */
  readonly kind: "inline" | "process";
  readonly experiments: readonly Experiment[];
  /** What is measured instead, where the runtime has no such operation. */
  readonly idiom?: Partial<Record<Experiment, string>>;
  /** Gets a time limit a cell (`cell.limit`); the count really done is printed. */
  readonly slow?: boolean;
  readonly find: () => Promise<Found>;

  /** Of the inline kind. */
  readonly load?: () => Promise<Runtime>;

  /**
   * Of the process kind: what to run for a cell (it may be built first, in a cache). The program
   * prints one JSON line, an Outcome, unless `parse` reads something else. Programs on Node heed the
   * variant, where it is one of Node, its flags or another build.
   *
   * In `counters` it honours FIBRIL_PERF_CONTROL and FIBRIL_PERF_ACK where they are set: right before
   * the timed section it writes `enable\n` to the first and reads a line from the second, right after
   * it `disable\n` likewise. So perf counts the section and nothing else.
   */
  readonly command?: (cell: Cell, variant?: Variant) => Promise<Launch>;
  readonly parse?: (cell: Cell, stdout: string) => Outcome;
  /** What stands in a cell's place where the runtime is missing; undefined where it has no such figure. */
  readonly quoted?: (cell: Cell) => Outcome | undefined;
}

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export type Found =
  | { readonly version: string }
  /** `hint` is a command to type: `apt-get install golang`. */
  | { readonly missing: string; readonly hint: string };

export const isFound = (found: Found): found is { readonly version: string } => "version" in found;
