/** Several runs as one. A cell of a later run replaces the same cell of an earlier one. */
import type { Cell, Profile, Result } from "../cell.js";
import type { Stored } from "../runs/store.js";

export function together(runs: readonly Stored[]): {
  readonly results: readonly Result[];
  readonly profiles: readonly Profile[];
} {
  const results = new Map<string, Result>();
  for (const run of runs) for (const result of run.results) results.set(keyOf(result.cell), result);
  return {
    results: [...results.values()],
    profiles: runs.flatMap((run) => run.profiles ?? []),
  };
}

const keyOf = ({ experiment, runtime, order, fibers, variant = "" }: Cell): string =>
  [experiment, runtime, order, fibers, variant].join("\n");
