/** Switches a second against the number of fibers: the programs of the bug report. */
import { type Experiment, type Order, ORDERS, rateOf, type Result } from "../../cell.js";
import type { LinePicture } from "../picture.js";
import { type Drawn, seriesOf } from "./series.js";

const PROGRAMS: readonly (readonly [Experiment, title: string, about: string])[] = [
  [
    "scale",
    "Resume and yield, fibers that have started",
    "The table of the bug report. Every fiber was entered before the clock started, so this is what a switch alone costs.",
  ],
  [
    "counters",
    "Resume and yield, under the counters",
    "The CSV of the bug report: the same work as its table, while faults and hardware events were counted.",
  ],
  [
    "resume",
    "Resume and yield, first entries included",
    "The second program of the bug report. The clock runs from each fiber's first entry on: at a million fibers and a million operations, all of them are first entries.",
  ],
  [
    "ring",
    "Ring of transfers, first entries included",
    "The first program of the bug report: each fiber passes control to the next. The clock runs from each fiber's first entry on.",
  ],
];

const IN_ORDER: Readonly<Record<Order, string>> = {
  sequential: "in the order of their creation",
  shuffled: "in shuffled order",
};
const READING: Readonly<Record<Order, string>> = {
  sequential:
    "Flat is a switch that costs the same however many fibers there are; higher is better.",
  shuffled:
    "In shuffled order each switch waits for memory once the fibers outgrow the caches, whatever the runtime; higher is better.",
};

export function rates(results: readonly Result[]): LinePicture[] {
  return PROGRAMS.flatMap(([experiment, title, about]) => {
    const drawn = ORDERS.map((order): readonly [Order, Drawn] => [
      order,
      seriesOf(results, { experiment, order, value: rateOf, quoted: ({ rate }) => rate }),
    ]);
    const range = decades(drawn.map(([, { series }]) => series).flat());
    return drawn
      .filter(([, { series }]) => series.length > 0)
      .map(([order, { series, notes, asides }]): LinePicture => ({
        kind: "lines",
        id: `${experiment}-${order}`,
        chapter: "switching",
        title: `${title}, ${IN_ORDER[order]}`,
        about: `${about} ${READING[order]}`,
        x: { name: "fibers", unit: "count", scale: "log" },
        y: { name: "switches a second", unit: "rate", scale: "log" },
        range,
        whiskers: "the median is within",
        series,
        notes,
        asides,
      }));
  });
}

/** Whole powers of ten around all points, so that both orders have the same scale. */
function decades(series: Drawn["series"]): readonly [number, number] {
  const ends = series.flatMap(({ points }) =>
    points.flatMap(({ y, low = y, high = y }) => [low, high]),
  );
  const floor = Math.floor(Math.log10(Math.min(...ends, 1e6)) + 1e-9);
  const ceiling = Math.ceil(Math.log10(Math.max(...ends, 1e6)) - 1e-9);
  return [10 ** floor, 10 ** Math.max(ceiling, floor + 1)];
}
