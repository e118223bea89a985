/** From what was asked for to the cells to be measured. */
import type { Cell, Experiment } from "./cell.js";
import type { Wishes } from "./experiments/experiment.js";
import { experimentNamed, experiments } from "./experiments/registry.js";
import { findRuntime } from "./runtimes/registry.js";

/** Seconds that a slow runtime gets for a cell. */
const LIMIT = 10;
const QUICK_LIMIT = 2;

/** The cells of one experiment, the runtimes of one size next to each other. */
export function plan(experiment: Experiment, wishes: Wishes = {}): Cell[] {
  const { defaults } = experimentNamed(experiment);
  const quick = wishes.quick === true;
  const fibers = wishes.fibers ?? (quick ? defaults.quickFibers : defaults.fibers);
  const usual = quick ? defaults.quickCount : defaults.count;
  // What counts nothing but its fibers goes on doing so.
  const count = usual === 0 ? 0 : (wishes.count ?? usual);
  const cells: Cell[] = [];
  for (const size of fibers) {
    for (const order of wishes.orders ?? defaults.orders) {
      for (const runtime of wishes.runtimes ?? defaults.runtimes) {
        const entry = findRuntime(runtime);
        if (entry === undefined || !entry.experiments.includes(experiment)) continue;
        const limit = entry.slow === true ? { limit: quick ? QUICK_LIMIT : LIMIT } : {};
        cells.push({ experiment, runtime, order, fibers: size, count, ...limit });
      }
    }
  }
  return cells;
}

/** What `fibril-lab all` measures: every experiment, thinned out to about 30 seconds a round. */
export function planAll(wishes: Wishes): Cell[] {
  return experiments.flatMap(({ name, thinned }) =>
    wishes.quick === true
      ? plan(name, wishes)
      : thinned.flatMap((some) => plan(name, { ...some, ...wishes })),
  );
}
