/** Schedulers and servers compared: for each workload a bar per runtime, of the quantity that it is about. */
import { type Order, ORDERS, rateOf, type Result, type Sample } from "../../cell.js";
import { type ExperimentEntry } from "../../experiments/experiment.js";
import { experiments } from "../../experiments/registry.js";
import { notes } from "../../tables/notes.js";
import type { Axis, BarPicture } from "../picture.js";
import { fullestSize, isLimit, nameOf, rankOf, spread } from "./series.js";

interface Measure {
  readonly axis: Axis;
  readonly of: (sample: Sample) => number | undefined;
}

const TIME: Measure = {
  axis: { name: "time each", unit: "seconds", scale: "linear" },
  of: (sample) => 1 / rateOf(sample),
};
const BYTES: Measure = {
  axis: { name: "memory each", unit: "bytes", scale: "linear" },
  of: ({ bytesPerFiber }) => bytesPerFiber,
};
const LATE: Measure = {
  axis: { name: "lateness of 99 % of the timers at most", unit: "seconds", scale: "linear" },
  of: ({ loopDelay }) => loopDelay?.p99,
};

const LATENCY: Measure = {
  axis: { name: "99 % of the answers came within", unit: "seconds", scale: "linear" },
  of: ({ latency }) => latency?.p99,
};
const HEAP: Measure = {
  axis: { name: "heap each", unit: "bytes", scale: "linear" },
  of: ({ heapBytesPerFiber }) => heapBytesPerFiber,
};

/** The workloads that are not about time per operation. */
const OTHERS: Readonly<Record<string, Measure>> = {
  sleep: BYTES,
  "sleep-bare": BYTES,
  "host-delay": LATE,
  "at-once": LATE,
  drain: LATE,
  "http-latency": LATENCY,
  idle: HEAP,
};

export function suites(results: readonly Result[]): BarPicture[] {
  return experiments
    .filter(({ suite }) => suite !== undefined)
    .flatMap((experiment) => ORDERS.flatMap((order) => workload(results, experiment, order)));
}

function workload(
  results: readonly Result[],
  { name, title, sizes, about, suite = "tasks" }: ExperimentEntry,
  order: Order,
): BarPicture[] {
  const own = results.filter(({ cell }) => cell.experiment === name && cell.order === order);
  const size = fullestSize(own);
  if (size === undefined) return [];
  const { axis, of } = OTHERS[name] ?? TIME;
  const members = own
    .filter(({ cell }) => cell.fibers === size)
    .toSorted((a, b) => rankOf(a.cell.runtime) - rankOf(b.cell.runtime));
  const bars = members.flatMap((result) => {
    const found = spread(result, of)?.y;
    if (found === undefined || found < 0) return [];
    return [{ name: nameOf(result.cell), runtime: result.cell.runtime, values: [found] }];
  });
  if (bars.length === 0) return [];
  const said = notes(members);
  const [first = "", ...rest] = title;
  return [
    {
      kind: "bars",
      id: `${name}-${order}`,
      chapter: suite,
      title: `${first.toUpperCase()}${rest.join("")}, ${size.toLocaleString("en-US")} ${sizes}${order === "shuffled" ? ", in shuffled order" : ""}`,
      about: `Measured: ${about}. Lower is better.`,
      axis,
      parts: [axis.name],
      bars,
      notes: said.filter(isLimit),
      asides: said.filter((note) => !isLimit(note)),
    },
  ];
}
