/** Turns what the user asked for into the cells to be measured. */
import { type Cell, type Experiment, type Order, ORDERS } from "../cell.js";
import type { Limits, Suite, Wishes } from "../experiments/experiment.js";
import { experimentNamed, experiments } from "../experiments/registry.js";
import { findRuntime } from "../runtimes/registry.js";

/** Seconds that a slow runtime gets for a cell. */
const SLOW: Limits = { usual: 10, quick: 2 };
/** The same in `tasks`, which compares more runtimes. */
const SLOW_TASKS: Limits = { usual: 3, quick: 1 };

/** The cells of one experiment. The runtimes of one size stand next to each other. */
export function plan(experiment: Experiment, wishes: Wishes = {}): Cell[] {
  const { defaults, fit = same, suite } = experimentNamed(experiment);
  const slow = suite === "tasks" ? SLOW_TASKS : SLOW;
  const quick = wishes.quick === true;
  const sizes = wishes.fibers ?? (quick ? defaults.quickFibers : defaults.fibers);
  const shuffled = wishes.fibers ?? (quick ? defaults.quickFibers : defaults.shuffledFibers);
  const fitting: Readonly<Record<Order, readonly number[]>> = {
    sequential: sizes.map(fit),
    shuffled: (shuffled ?? sizes).map(fit),
  };
  const usual = quick ? defaults.quickCount : defaults.count;
  // An experiment that counts only its fibers ignores a count.
  const count = usual === 0 ? 0 : (wishes.count ?? usual);
  const cells: Cell[] = [];
  for (const size of new Set(sizes.map(fit))) {
    for (const order of wishes.orders ?? defaults.orders) {
      if (!fitting[order].includes(size)) continue;
      for (const runtime of wishes.runtimes ?? defaults.runtimes) {
        const entry = findRuntime(runtime, experiment);
        if (entry === undefined || !entry.experiments.includes(experiment)) continue;
        const limits = defaults.limit ?? (entry.slow === true ? slow : undefined);
        const limit = limits && { limit: quick ? limits.quick : limits.usual };
        cells.push({ experiment, runtime, order, fibers: size, count, ...limit });
      }
    }
  }
  return cells;
}

/** Cache lines per fiber at most: a Ruby fiber, the largest, keeps 13 KiB resident. */
const LINES_A_FIBER = 256;

/** The cells of an experiment, and the cells of other experiments that its tables need. */
export function planWithBeside(experiment: Experiment, wishes: Wishes): Cell[] {
  const { beside = [] } = experimentNamed(experiment);
  const { quick = false } = wishes;
  // So that the runtimes of one size stand next to each other.
  const own = planUsual(experiment, wishes).toSorted((a, b) => a.fibers - b.fibers);
  const most = Math.max(...own.map(({ fibers }) => fibers)) * LINES_A_FIBER;
  const others = beside.flatMap((other) => plan(other, { quick }));
  return [...own, ...others.filter(({ fibers }) => fibers <= most)];
}

const hasChosen = ({ runtimes, fibers, orders, quick = false }: Wishes): boolean =>
  (runtimes ?? fibers ?? orders) !== undefined || quick;

/** The default cells of an experiment, or what the user chose. */
function planUsual(experiment: Experiment, wishes: Wishes): Cell[] {
  const { usual = [{}] } = experimentNamed(experiment);
  if (hasChosen(wishes)) return plan(experiment, wishes);
  return usual.flatMap((some) => plan(experiment, { ...some, ...wishes }));
}

const same = (size: number): number => size;

/**
 * What the command of a suite measures: the defaults, or what the user chose, in the orders that an
 * experiment has.
 */
export function planSuite(suite: Suite, only: readonly Experiment[], wishes: Wishes): Cell[] {
  return experiments
    .filter((one) => one.suite === suite && only.includes(one.name))
    .flatMap(({ name, defaults }) => {
      const { runtimes = defaults.quickRuntimes, orders: wanted, quick = false } = wishes;
      if (!hasChosen(wishes)) return planUsual(name, wishes);
      const fewer: Wishes = quick && runtimes !== undefined ? { runtimes } : {};
      const usual = quick ? defaults.orders.slice(0, 1) : ORDERS;
      const orders = (wanted ?? usual).filter((one) => defaults.orders.includes(one));
      return plan(name, { ...wishes, ...fewer, orders });
    });
}

/** What `fibril-lab all` measures: every experiment, thinned out to about 30 seconds a round. */
export function planAll(wishes: Wishes): Cell[] {
  return experiments.flatMap(({ name, thinned, defaults, suite }) => {
    if (wishes.quick !== true) return thinned.flatMap((some) => plan(name, { ...some, ...wishes }));
    // A suite alone takes all the time that there is. `tasks --quick` and `net --quick` measure them.
    if (suite !== undefined) return [];
    const largest = defaults.quickFibers.slice(-1);
    const [order = "sequential"] = defaults.orders;
    return plan(name, { fibers: largest, orders: [order], ...wishes });
  });
}
