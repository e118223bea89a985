/** Compares two sets of results, cell by cell. */
import {
  type Cell,
  isFailed,
  isSample,
  isStopped,
  type Result,
  type Sample,
  title,
} from "../cell.js";
import { experimentNamed } from "../experiments/registry.js";
import { bestMetric, type Metric, rateMetric } from "../figures/column.js";
import { type Effect, effect, pairedEffect } from "../statistics/effect.js";
import { type Interval, medianInterval } from "../statistics/interval.js";

export interface Compared {
  readonly cell: Cell;
  readonly metric: Metric;
  readonly first: Interval;
  readonly second: Interval;
  /** A ratio above 1 means that the second is better, whether more or less of the metric is better. */
  readonly effect: Effect;
}

export interface Comparison {
  readonly compared: readonly Compared[];
  /** Cells that lack figures on a side, each with the reason. */
  readonly missing: readonly string[];
}

export interface Terms {
  /** The difference that does not matter, as a share: 0.05. */
  readonly margin: number;
  /** `rate`: the rate of the whole section. `best`: that of its best slice. */
  readonly by: "rate" | "best";
}

/** `together`: both sides were measured in the same rounds, so they can be compared round by round. */
export function compare(
  first: readonly Result[],
  second: readonly Result[],
  { margin, by }: Terms,
  together: boolean,
): Comparison {
  const compared: Compared[] = [];
  const missing: string[] = [];
  for (const one of first) {
    const other = second.find(({ cell }) => same(one.cell, cell, together));
    const name = title(one.cell);
    const [a, b] = [samplesOf(one), other === undefined ? [] : samplesOf(other)];
    if (a.length === 0 || b.length === 0 || other === undefined) {
      const side = a.length === 0 ? "the first" : "the second";
      missing.push(`${name}: ${side} has no figures: ${whyNot(a.length === 0 ? one : other)}`);
      continue;
    }
    for (const metric of experimentNamed(one.cell.experiment).metrics) {
      const chosen = metric === rateMetric && by === "best" ? bestMetric : metric;
      const found = judge(one.cell, chosen, a, b, margin, together);
      if (found !== undefined) compared.push(found);
    }
  }
  return { compared, missing };
}

/** Cells that were measured together form pairs, so their runtimes may differ. */
function same(a: Cell, b: Cell, together: boolean): boolean {
  const sized = a.experiment === b.experiment && a.order === b.order && a.fibers === b.fibers;
  return sized && (together || (a.runtime === b.runtime && a.variant === b.variant));
}

const samplesOf = ({ outcomes }: Result): Sample[] => outcomes.filter(isSample);

function whyNot(result: Result | undefined): string {
  const last = result?.outcomes.at(-1);
  if (last === undefined) return "it was not measured";
  if (isFailed(last)) return last.failed;
  return isStopped(last) ? `stopped at ${last.stoppedAt}: ${last.error}` : "it is quoted";
}

function judge(
  cell: Cell,
  metric: Metric,
  a: readonly Sample[],
  b: readonly Sample[],
  margin: number,
  together: boolean,
): Compared | undefined {
  // After an interruption within a round, one side has one repeat more than the other.
  const rounds = together ? Math.min(a.length, b.length) : 0;
  const values = (samples: readonly Sample[]): number[] =>
    samples.map(metric.of).filter((value): value is number => value !== undefined && value > 0);
  const [firsts, seconds] = [values(a), values(b)];
  if (firsts.length === 0 || seconds.length === 0) return undefined;
  const goodness = (value: number): number => (metric.better === "more" ? value : 1 / value);
  const [x, y] = [firsts.map(goodness), seconds.map(goodness)];
  const paired = together && firsts.length === a.length && seconds.length === b.length;
  return {
    cell,
    metric,
    first: medianInterval(firsts),
    second: medianInterval(seconds),
    effect: paired
      ? pairedEffect(x.slice(0, rounds), y.slice(0, rounds), margin)
      : effect(x, y, margin),
  };
}

/** 0: the same or better everywhere. 1: worse somewhere. 3: too noisy to tell. 4: a side has no figures. */
export function exitCode({ compared, missing }: Comparison): number {
  const judgements = compared.map((one) => one.effect.judgement);
  if (judgements.includes("slower")) return 1;
  if (missing.length > 0) return 4;
  return judgements.includes("too noisy to tell") ? 3 : 0;
}
