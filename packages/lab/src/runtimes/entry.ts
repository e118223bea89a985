/** What the lab must know about a runtime before it can measure it. */
import type { Cell, Experiment, Outcome } from "../cell.js";
import type { Variant } from "./variant.js";
import type { Runtime } from "../measuring/runtime.js";

export interface RuntimeEntry {
  /** The name on the command line: `go`. */
  readonly name: string;
  /** The name in a chart: `Go goroutines`. */
  readonly label: string;
  /** `inline`: measured by the lab's worker in a Node process. `process`: measured by its own program. */
  readonly kind: "inline" | "process";
  readonly experiments: readonly Experiment[];
  /** What the runtime does instead, where it has no such operation. */
  readonly idiom?: Partial<Record<Experiment, string>>;
  /** Set for a runtime that gets a time limit per cell (`cell.limit`) and prints how much it has done. */
  readonly slow?: boolean;
  /** Set where it measures programs of the lab that `@fibril/compiler` has compiled. */
  readonly compiled?: boolean;
  readonly find: () => Promise<Found>;

  /** For the inline kind. */
  readonly load?: () => Promise<Runtime>;

  /**
   * For the process kind: what to run for a cell. It may build the program first. The program prints one
   * line of JSON, an Outcome, unless `parse` reads something else. Programs on Node apply the variant:
   * another Node, flags for Node, or another build of Fibril.
   *
   * In `counters` the program uses FIBRIL_PERF_CONTROL and FIBRIL_PERF_ACK where they are set. Right
   * before the timed section it writes `enable\n` to the first and reads a line from the second. Right
   * after the section it writes `disable\n` and reads a line again. So perf counts the section alone.
   */
  readonly command?: (cell: Cell, variant?: Variant) => Promise<Launch>;
  readonly parse?: (cell: Cell, stdout: string) => Outcome;
  /** A quoted figure for a cell, where the runtime is not installed; undefined where none is known. */
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
