/** The repeats of a cell summed up: their median, and how far they lie apart. */
import { max, median, min } from "simple-statistics";
import {
  type Cell,
  isFailed,
  isQuoted,
  isSample,
  isStopped,
  type Outcome,
  type Quoted,
  rateOf,
  type Result,
  type Sample,
  type Stopped,
} from "../cell.js";
import { type Interval, medianInterval } from "../statistics/interval.js";
import { outliers } from "../statistics/outliers.js";
import { slowStart } from "../statistics/warm-up.js";

export interface Summary {
  readonly cell: Cell;
  readonly repeats: number;
  /** The median of the repeats, operations a second. */
  readonly rate: number;
  readonly lowest: number;
  readonly highest: number;
  /** The best slice of any repeat: the speed of the code when nothing disturbs it. */
  readonly best: number;
  /** The repeat whose rate is nearest to the median. */
  readonly typical: Sample;
  readonly samples: readonly Sample[];
  /** The interval of the median. */
  readonly interval: Interval;
  /** The indexes of the repeats that lie far from the others. */
  readonly outliers: readonly number[];
  /** The number of slices at the beginning of every repeat that were slower than the rest. */
  readonly slowStart?: number;
  readonly bytesPerFiber?: number;
  readonly faultsPerFiber?: number;
}

/** What is known of a cell: figures, a limit, a quotation, a failure, or nothing. */
export type Verdict = Summary | Stopped | Quoted | { readonly failed: string } | undefined;

export const isSummary = (found: Verdict): found is Summary =>
  found !== undefined && "typical" in found;

export function verdict({ cell, outcomes }: Result): Verdict {
  const samples = outcomes.filter(isSample);
  if (samples.length === 0) return other(outcomes);
  const rates = samples.map(rateOf);
  const rate = median(rates);
  const distance = (sample: Sample): number => Math.abs(rateOf(sample) - rate);
  const typical = samples.reduce((a, b) => (distance(b) < distance(a) ? b : a));
  return {
    cell,
    repeats: samples.length,
    rate,
    lowest: min(rates),
    highest: max(rates),
    best: max(samples.map((sample) => sample.best)),
    typical,
    samples,
    interval: medianInterval(rates),
    outliers: outliers(rates),
    ...slow(samples),
    ...each(samples, "bytesPerFiber"),
    ...each(samples, "faultsPerFiber"),
  };
}

function other(outcomes: readonly Outcome[]): Verdict {
  return outcomes.find(isStopped) ?? outcomes.find(isQuoted) ?? outcomes.find(isFailed);
}

/** The fewest slow slices of any repeat: the compiler slows every repeat, other programs only some. */
function slow(samples: readonly Sample[]): { slowStart?: number } {
  const found = samples
    .map(({ slices }) => (slices === undefined ? undefined : slowStart(slices)))
    .filter((slices) => slices !== undefined);
  return found.length === 0 ? {} : { slowStart: min(found) };
}

function each(samples: readonly Sample[], key: "bytesPerFiber" | "faultsPerFiber"): object {
  const value = middle({ samples }, (sample) => sample[key]);
  return value === undefined ? {} : { [key]: value };
}

/** The median of a figure over the repeats that have it; undefined if none has. */
export function middle(
  { samples }: Pick<Summary, "samples">,
  figure: (sample: Sample) => number | undefined,
): number | undefined {
  const values = samples.map(figure).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : median(values);
}

/** Operations a second, measured here or quoted; undefined for a limit or a failure. */
export function rateIn(found: Verdict): number | undefined {
  return found !== undefined && "rate" in found ? found.rate : undefined;
}
