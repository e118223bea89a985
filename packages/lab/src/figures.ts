/** How figures are written, and the columns that several experiments share. */
import { rateOf } from "./cell.js";
import type { Column, Metric } from "./experiments/experiment.js";
import type { Summary } from "./summary.js";

export function digits(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en-US");
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const inMillions = (rate: number): string => digits(rate / 1e6);
const inNanoseconds = (rate: number): string => digits(1e9 / rate);

export const millions: Column = {
  head: "million a second",
  show: ({ rate }) => inMillions(rate),
  rate: inMillions,
};

export const nanoseconds: Column = {
  head: "nanoseconds",
  show: ({ rate }) => inNanoseconds(rate),
  rate: inNanoseconds,
};

/** The line that the report's first program prints. */
export function reportLine({ cell, typical, rate }: Summary): string {
  return `fibers: ${cell.fibers} rss: ${typical.rssKiB} count: ${typical.count} rate: ${rate}`;
}

/** A row of the table that the report's third program prints. */
export function reportRow(...cells: (number | string)[]): string {
  return `| ${cells.map((cell) => String(cell).padStart(16)).join(" | ")} |`;
}

export const rateMetric: Metric = {
  name: "million a second",
  of: rateOf,
  better: "more",
  show: inMillions,
};

/** What the code can do when the machine lets it: steadier than the median where neighbours work. */
export const bestMetric: Metric = {
  name: "million a second at best",
  of: ({ best }) => best,
  better: "more",
  show: inMillions,
};

export const bytesMetric: Metric = {
  name: "bytes a fiber",
  of: ({ bytesPerFiber }) => bytesPerFiber,
  better: "less",
  show: digits,
};
