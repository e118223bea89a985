/** `make_many_fibers` of the report: what it takes to create a fiber and to enter it once. */
import { checked, collect, faults, has, rss, seconds, warmUpCounters } from "../timing.js";
import { bytesMetric, digits, rateMetric } from "../figures.js";
import { type ExperimentEntry } from "./experiment.js";

export const create: ExperimentEntry = {
  name: "create",
  about: "create fibers and enter each once: time, memory, page faults",
  title: "creating a fiber and entering it once",
  sizes: "fibers",
  defaults: {
    runtimes: ["fibril", "fibril-frames", "generator", "ruby", "go"],
    orders: ["sequential"],
    fibers: [30_000, 2 ** 20],
    quickFibers: [30_000],
    count: 0,
    quickCount: 0,
  },
  thinned: [{ fibers: [30_000, 2 ** 20], count: 0 }],
  async measure(runtime, cell) {
    const { fibers, order } = cell;
    await warmUpCounters(runtime, cell);
    collect();
    const before = { rss: rss(), faults: faults() };
    const start = seconds();
    const counters = await has(runtime.counters)(fibers, order);
    const created = seconds();
    await checked(counters, fibers)(1);
    const took = seconds() - start;
    const faulted = faults() - before.faults;
    collect();
    return {
      count: fibers,
      seconds: took,
      best: fibers / took,
      rssKiB: Math.round(rss() / 1024),
      bytesPerFiber: (rss() - before.rss) / fibers,
      faultsPerFiber: faulted / fibers,
      createSeconds: created - start,
      enterSeconds: took - (created - start),
    };
  },
  metrics: [rateMetric, bytesMetric],
  columns: [
    { head: "µs each", show: ({ rate }) => digits(1e6 / rate) },
    { head: "bytes each", show: ({ bytesPerFiber }) => whole(bytesPerFiber) },
    { head: "page faults each", show: ({ faultsPerFiber }) => faultsPerFiber?.toFixed(3) ?? "" },
  ],
  line({ cell, rate, bytesPerFiber = 0, faultsPerFiber = 0 }) {
    return (
      `fibers: ${cell.fibers} microseconds: ${(1e6 / rate).toFixed(3)} ` +
      `bytes: ${Math.round(bytesPerFiber)} faults: ${faultsPerFiber.toFixed(3)}`
    );
  },
};

const whole = (value: number | undefined): string =>
  value === undefined ? "" : Math.round(value).toLocaleString("en-US");
