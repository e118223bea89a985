/**
 * A picture as plain data: made from results, drawn by the page and by the terminal alike, and the
 * source of the table and the CSV behind it. It knows no chart library.
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
  /** The ends of the whisker. */
  readonly low?: number;
  readonly high?: number;
  /** What the point is, where its x does not say it: `1,024 fibers`. */
  readonly label?: string;
}

/** Where a runtime came to its limit: the line ends there, marked. */
export interface Stop {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly error: string;
}

export interface Series {
  readonly name: string;
  readonly runtime: string;
  /** Where the figures are from, if they were not measured here: drawn dashed, and labelled. */
  readonly quoted?: string;
  /** Drawn hollow beside its runtime's other series, and switched together with it. */
  readonly hollow?: boolean;
  /** The series that are switched on and off together; its name, unless said. */
  readonly group?: string;
  readonly points: readonly Point[];
  readonly stop?: Stop;
}

interface Common {
  /** A word for addresses and file names: `scale-shuffled`. */
  readonly id: string;
  readonly chapter: Chapter;
  readonly title: string;
  /** What is measured and how to read it: one or two sentences. */
  readonly about: string;
  /** Limits and quotations: said below the picture. */
  readonly notes: readonly string[];
  /** What makes a figure doubtful: said where the reader asks for it. */
  readonly asides?: readonly string[];
}

export interface LinePicture extends Common {
  readonly kind: "lines";
  readonly x: Axis;
  readonly y: Axis;
  /** Ends of the y axis, where several pictures are to be compared. */
  readonly range?: readonly [number, number];
  readonly whiskers: string;
  readonly series: readonly Series[];
}

/** Points of two measured quantities, and how well one tells the other. */
export interface ScatterPicture extends Common {
  readonly kind: "scatter";
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  readonly correlations: readonly SeriesCorrelation[];
}

/** Of a series: along a straight line, and by ranks. */
interface SeriesCorrelation extends Correlation {
  readonly name: string;
}

/** A bar a runtime, made of parts. */
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

/** A frame of a flame graph; its own share is what its callees leave of it. */
export interface Frame {
  readonly name: string;
  readonly total: number;
  readonly inner: readonly Frame[];
}

export interface FlamePicture extends Common {
  readonly kind: "flame";
  /** What the widths are parts of, in words. */
  readonly of: string;
  readonly root: Frame;
}

export type Picture = LinePicture | ScatterPicture | BarPicture | FlamePicture;

/** The parts of the report, in its order. */
export const CHAPTERS = {
  switching: "Switching",
  memory: "Creating and keeping fibers",
  depth: "Depth",
  cause: "Why it is flat, and where it is not",
  pauses: "Pauses",
  tasks: "Schedulers compared",
  flame: "Where the time goes",
} as const;
export type Chapter = keyof typeof CHAPTERS;
