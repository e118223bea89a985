/** Which of the runtimes that a plan wants are here, and what is said of the others. */
import type { Cell } from "./cell.js";
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

/** A missing runtime stays in the plan where there are figures to quote. */
export function present(runtime: string, found: ReadonlyMap<string, Found>): boolean {
  const here = found.get(runtime);
  return here !== undefined && (isFound(here) || findRuntime(runtime)?.quoted !== undefined);
}

/** A line for each runtime that is left out. */
export function leftOut(found: ReadonlyMap<string, Found>): string[] {
  return [...found].flatMap(([name, here]) =>
    isFound(here) || present(name, found)
      ? []
      : [`skipped: ${name}: ${here.missing}; ${here.hint}`],
  );
}
