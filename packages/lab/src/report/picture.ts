/**
 * A picture as plain data. It is made from results, the page and the terminal draw it, and its table and its
 * CSV are made from it. It does not depend on the chart library.
 */
import type { Correlation } from "../statistics/correlation.js";
import type { Unit } from "./units.js";

export interface Axis {
  readonly name: string;
  readonly unit: Unit;
  readonly scale: "log" | "linear";
}

export interface Point {
  readonly x: number;
  readonly y: number;
  /** The ends of the whisker, which shows how far the repeats lie apart. */
  readonly low?: number;
  readonly high?: number;
  /** What the point is, where its x does not tell: `1,024 fibers`. */
  readonly label?: string;
}

/** Where a runtime reached its limit: the line ends there with a mark. */
export interface Stop {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly error: string;
}

export interface Series {
  readonly name: string;
  readonly runtime: string;
  /** The source of figures that were not measured on this machine. They are drawn dashed and labelled. */
  readonly quoted?: string;
  /** Set for a series that is drawn hollow beside the other series of its runtime. */
  readonly hollow?: boolean;
  /** Series with the same group are switched on and off together. The default is the series' name. */
  readonly group?: string;
  readonly points: readonly Point[];
  readonly stop?: Stop;
}

interface Common {
  /** The name in addresses and file names: `scale-shuffled`. */
  readonly id: string;
  readonly chapter: Chapter;
  readonly title: string;
  /** What is measured and how to read it: one or two sentences. */
  readonly about: string;
  /** Limits and quotations, shown below the picture. */
  readonly notes: readonly string[];
  /** What makes a figure doubtful, shown when the reader opens the notes. */
  readonly asides?: readonly string[];
}

export interface LinePicture extends Common {
  readonly kind: "lines";
  readonly x: Axis;
  readonly y: Axis;
  /** The ends of the y axis, where several pictures must be comparable. */
  readonly range?: readonly [number, number];
  readonly whiskers: string;
  readonly series: readonly Series[];
}

/** Points of two measured quantities, and the correlation between them. */
export interface ScatterPicture extends Common {
  readonly kind: "scatter";
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  readonly correlations: readonly SeriesCorrelation[];
}

/** The correlation in one series. */
interface SeriesCorrelation extends Correlation {
  readonly name: string;
}

/** A bar per runtime, made of parts. */
export interface BarPicture extends Common {
  readonly kind: "bars";
  readonly axis: Axis;
  readonly parts: readonly string[];
  readonly bars: readonly Bar[];
}

export interface Bar {
  readonly name: string;
  readonly runtime: string;
  readonly values: readonly number[];
}

/** A frame of a flame graph. Its own samples are the total without those of its callees. */
export interface Frame {
  readonly name: string;
  readonly total: number;
  readonly inner: readonly Frame[];
}

export interface FlamePicture extends Common {
  readonly kind: "flame";
  /** What the widths are shares of: `the samples`. */
  readonly of: string;
  readonly root: Frame;
}

export type Picture = LinePicture | ScatterPicture | BarPicture | FlamePicture;

/** The chapters of the report in their order. */
export const CHAPTERS = {
  switching: "Switching",
  memory: "Creating and keeping fibers",
  depth: "Depth",
  cause: "Why it is flat, and where it is not",
  pauses: "Pauses",
  tasks: "Schedulers compared",
  net: "Servers compared",
  flame: "Where the time goes",
} as const;
export type Chapter = keyof typeof CHAPTERS;
