/**
 * Which of two is faster, by how much, and whether the figures can decide it.
 *
 * Rates are compared as ratios. When both sides were measured in rounds, one measurement of each per
 * round, they are compared round by round: a machine that runs at half speed for a minute slows both.
 * A difference counts when its interval excludes "none" and its size exceeds the margin. "Same" is a
 * claim too: it needs an interval that lies within the margin. Otherwise it is too noisy to tell.
 */
import { median, sampleWithReplacement } from "simple-statistics";
import { type Interval, interval } from "./interval.js";

type Judgement = "faster" | "slower" | "same" | "too noisy to tell";

export interface Effect {
  /** The second's rate as a multiple of the first's. */
  readonly ratio: Interval;
  /**
   * Cliff's delta: over all pairs of repeats, the share in which the second is faster, minus the
   * share in which the first is. 1 means always, 0 means equally often, -1 means never.
   */
  readonly delta: number;
  readonly judgement: Judgement;
}

/** The default margin: a difference of rates up to this does not matter. */
export const MARGIN = 0.05;
/** With fewer repeats, not even a difference in all of them is evidence. */
const ENOUGH = 5;

/** Compares two lists of the same length round by round. Throws on an empty list. */
export function pairedEffect(
  first: readonly number[],
  second: readonly number[],
  margin: number = MARGIN,
): Effect {
  const logs = first.map((rate, round) => Math.log((second[round] as number) / rate));
  const found = interval(median(logs), logs.length, (chance) =>
    median(sampleWithReplacement(logs, logs.length, chance)),
  );
  const ratio = {
    low: Math.exp(found.low),
    middle: Math.exp(found.middle),
    high: Math.exp(found.high),
    confidence: found.confidence,
  };
  return { ratio, delta: delta(first, second), judgement: judge(ratio, logs.length, margin) };
}

/** Compares two sets that were not measured together, as in two files. Throws on an empty list. */
export function effect(
  first: readonly number[],
  second: readonly number[],
  margin: number = MARGIN,
): Effect {
  const [a, b] = [[...first], [...second]];
  const fewer = Math.min(a.length, b.length);
  const ratio = interval(
    median(b) / median(a),
    fewer,
    (chance) =>
      median(sampleWithReplacement(b, b.length, chance)) /
      median(sampleWithReplacement(a, a.length, chance)),
  );
  return { ratio, delta: delta(a, b), judgement: judge(ratio, fewer, margin) };
}

function judge({ low, middle, high }: Interval, repeats: number, margin: number): Judgement {
  if (repeats < ENOUGH) return "too noisy to tell";
  const [least, most] = [1 / (1 + margin), 1 + margin];
  if (low >= least && high <= most) return "same";
  if (low > 1) return middle > most ? "faster" : "same";
  if (high < 1) return middle < least ? "slower" : "same";
  return "too noisy to tell";
}

function delta(first: readonly number[], second: readonly number[]): number {
  let balance = 0;
  for (const a of first) for (const b of second) balance += Math.sign(b - a);
  return balance / (first.length * second.length);
}
