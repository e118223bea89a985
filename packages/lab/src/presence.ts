/** Which cells of a plan can be had here, and what is said of the others. */
import { type Cell, isFailed } from "./cell.js";
import { type Found, isFound } from "./runtimes/entry.js";
import { findRuntime } from "./runtimes/registry.js";

/** Asks each runtime in the cells. */
export async function look(
  cells: readonly Pick<Cell, "runtime">[],
): Promise<ReadonlyMap<string, Found>> {
  const names = [...new Set(cells.map(({ runtime }) => runtime))];
  const answers = names.map(async (name): Promise<[string, Found][]> => {
    const entry = findRuntime(name);
    return entry === undefined ? [] : [[name, await entry.find()]];
  });
  return new Map((await Promise.all(answers)).flat());
}

/** A missing runtime stays in an experiment of which there are figures to quote. */
export function present(cells: readonly Cell[], found: ReadonlyMap<string, Found>): Cell[] {
  const quoted = new Set(cells.filter(isQuoted).map(place));
  return cells.filter((cell) => {
    const here = found.get(cell.runtime);
    return here !== undefined && (isFound(here) || quoted.has(place(cell)));
  });
}

const place = ({ experiment, runtime }: Cell): string => `${experiment} ${runtime}`;

function isQuoted(cell: Cell): boolean {
  const outcome = findRuntime(cell.runtime, cell.experiment)?.quoted?.(cell);
  return outcome !== undefined && !isFailed(outcome);
}

/** A line for each runtime that is left out, somewhere or everywhere. */
export function leftOut(cells: readonly Cell[], found: ReadonlyMap<string, Found>): string[] {
  const kept = new Set(present(cells, found));
  const skipped = new Set(cells.filter((cell) => !kept.has(cell)).map(({ runtime }) => runtime));
  return [...found].flatMap(([name, here]) =>
    isFound(here) || !skipped.has(name) ? [] : [`skipped: ${name}: ${here.missing}; ${here.hint}`],
  );
}
