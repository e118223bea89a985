/** Which cells of a plan can run on this machine, and what the lab prints about the others. */
import type { Cell } from "../cell.js";
import { type Found, isFound } from "../runtimes/entry.js";
import { findRuntime } from "../runtimes/registry.js";

/** Asks each runtime in the cells whether it is installed. */
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

/** Drops the cells of missing runtimes, except those for which there is a figure to quote. */
export function present(cells: readonly Cell[], found: ReadonlyMap<string, Found>): Cell[] {
  return cells.filter((cell) => {
    const here = found.get(cell.runtime);
    return here !== undefined && (isFound(here) || isQuoted(cell));
  });
}

const isQuoted = (cell: Cell): boolean =>
  findRuntime(cell.runtime, cell.experiment)?.quoted?.(cell) !== undefined;

/** A line for each runtime that is missing. */
export function leftOut(cells: readonly Cell[], found: ReadonlyMap<string, Found>): string[] {
  const kept = new Set(present(cells, found).map(({ runtime }) => runtime));
  return [...found].flatMap(([name, here]) => {
    if (isFound(here)) return [];
    const instead = kept.has(name) ? ", figures are quoted where the bug report has any" : "";
    return [`skipped: ${name}: ${here.missing}${instead}; ${here.hint}`];
  });
}
