/** `make_many_fibers` of the bug report: what it costs to create a fiber and to enter it once. */
import type { Sample } from "../cell.js";
import {
  bytesMetric,
  type Column,
  digits,
  inWhole,
  microseconds,
  rateMetric,
} from "../figures/column.js";
import { memoryAdded } from "../measuring/memory-map.js";
import { section } from "../measuring/section.js";
import { checked, collect, has, rss, seconds, warmUpCounters } from "../measuring/timing.js";
import type { Counters } from "../measuring/runtime.js";
import { FAST } from "./defaults.js";
import type { ExperimentEntry } from "./experiment.js";

export const create: ExperimentEntry = {
  name: "create",
  about: "create fibers and enter each once: time, memory, page faults, mappings",
  title: "creating a fiber and entering it once",
  sizes: "fibers",
  defaults: {
    runtimes: ["fibril", "fibril-frames", "fibril-compiled", "generator", "ruby", "go"],
    orders: ["sequential", "shuffled"],
    fibers: [1_000, 10_000, 30_000, 100_000, 2 ** 20],
    shuffledFibers: [30_000, 2 ** 20],
    quickFibers: [30_000],
    count: 0,
    quickCount: 0,
  },
  usual: [
    {
      fibers: [1_000, 10_000, 30_000, 100_000, 2 ** 20],
      orders: ["sequential"],
      runtimes: ["fibril", "fibril-frames", "fibril-compiled", "generator"],
    },
    { fibers: [1_000, 10_000, 30_000, 100_000], orders: ["sequential"], runtimes: ["ruby", "go"] },
    { fibers: [30_000, 2 ** 20], orders: ["shuffled"], runtimes: FAST },
  ],
  thinned: [
    { fibers: [30_000, 2 ** 20], orders: ["sequential"], count: 0, runtimes: FAST },
    { fibers: [30_000, 100_000], orders: ["sequential"], count: 0, runtimes: ["ruby"] },
    { fibers: [30_000], orders: ["shuffled"], count: 0, runtimes: ["fibril"] },
  ],
  async measure(runtime, cell) {
    const { fibers, order } = cell;
    await warmUpCounters(runtime, cell);
    collect();
    const make = has(runtime.counters);
    const added = memoryAdded();
    const kept: Counters[] = [];
    const sample = await section(async () => {
      const start = seconds();
      const counters = await make(fibers, order);
      const created = seconds();
      await checked(counters, fibers)(1);
      const end = seconds();
      kept.push(counters);
      return timesOf(fibers, start, created, end);
    });
    collect();
    const { resident, heap, mapped, mappings } = added();
    const { minorFaults = 0, majorFaults = 0 } = sample;
    // A use after the measurement: otherwise the collection would have freed the fibers before it.
    await kept[0]?.laps(1);
    return {
      ...sample,
      rssKiB: Math.round(rss() / 1024),
      faultsPerFiber: (minorFaults + majorFaults) / fibers,
      bytesPerFiber: resident / fibers,
      heapBytesPerFiber: heap / fibers,
      ...(mapped !== undefined && { mappedBytesPerFiber: mapped / fibers }),
      ...(mappings !== undefined && { mappings }),
    };
  },
  metrics: [rateMetric, bytesMetric],
  columns: [
    microseconds,
    part("creating", ({ createSeconds }) => createSeconds),
    part("first switch", ({ enterSeconds }) => enterSeconds),
    part("user", ({ userSeconds }) => userSeconds),
    part("system", ({ systemSeconds }) => systemSeconds),
    {
      head: "page faults each",
      of: ({ faultsPerFiber }) => faultsPerFiber,
      show: (value) => value.toFixed(3),
    },
    { head: "bytes resident", of: ({ bytesPerFiber }) => bytesPerFiber, show: inWhole },
    { head: "bytes mapped", of: ({ mappedBytesPerFiber }) => mappedBytesPerFiber, show: inWhole },
    { head: "mappings", of: ({ mappings }) => mappings, show: inWhole },
  ],
};

function timesOf(fibers: number, start: number, created: number, end: number): Sample {
  const took = end - start;
  return {
    count: fibers,
    seconds: took,
    best: fibers / took,
    rssKiB: 0,
    createSeconds: created - start,
    enterSeconds: end - created,
  };
}

/** A column of microseconds per fiber, from the seconds of all fibers together. */
function part(name: string, of: (sample: Sample) => number | undefined): Column {
  const each = (sample: Sample): number | undefined => {
    const all = of(sample);
    return all === undefined ? undefined : all / sample.count;
  };
  return { head: `${name} µs`, of: each, show: (seconds) => digits(seconds * 1e6) };
}
