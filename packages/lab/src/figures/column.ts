/** What a column and a metric are, how figures are written, and the columns that experiments share. */
import { rateOf, type Sample } from "../cell.js";
import { type Interval, medianInterval } from "../statistics/interval.js";
import type { Summary } from "./summary.js";

/** A column of a table. It shows the median of the repeats that have the figure. */
export interface Column {
  /** The heading, with the unit. */
  readonly head: string;
  readonly of: (sample: Sample) => number | undefined;
  readonly show: (value: number) => string;
}

/** A figure by which two measurements are compared. */
export interface Metric {
  readonly name: string;
  readonly of: (sample: Sample) => number | undefined;
  readonly better: "more" | "less";
  readonly show: (value: number) => string;
}

export function digits(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en-US");
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export const inWhole = (value: number): string => Math.round(value).toLocaleString("en-US");
export const inMs = (seconds: number): string => digits(seconds * 1e3);
const inMillions = (rate: number): string => digits(rate / 1e6);
const inNs = (seconds: number): string => digits(seconds * 1e9);
const inUs = (seconds: number): string => digits(seconds * 1e6);

/** A column's median over the repeats that have the figure, with its interval; undefined if none has. */
export function medianOf({ of }: Column, { samples }: Summary): Interval | undefined {
  const values = samples.map(of).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : medianInterval(values);
}

/** The median as a text; empty where there is none. */
export function shown(column: Column | undefined, found: Summary): string {
  const median = column && medianOf(column, found);
  return column === undefined || median === undefined ? "" : column.show(median.middle);
}

/** The interval of the median, as in `34.1–36.0`; undefined for a single repeat. */
export function between(column: Column, found: Summary): string | undefined {
  const median = found.repeats === 1 ? undefined : medianOf(column, found);
  return median && `${column.show(median.low)}–${column.show(median.high)}`;
}

/** Seconds per operation. */
const secondsEach = ({ count, seconds }: Sample): number => seconds / count;

export const millions: Column = { head: "million a second", of: rateOf, show: inMillions };
export const nanoseconds: Column = { head: "ns each", of: secondsEach, show: inNs };
export const microseconds: Column = { head: "µs each", of: secondsEach, show: inUs };

export const rateMetric: Metric = {
  name: "million a second",
  of: rateOf,
  better: "more",
  show: inMillions,
};

/** The rate of the best slice: steadier than the median where other programs use the machine. */
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
