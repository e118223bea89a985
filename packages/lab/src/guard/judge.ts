/** Decides whether a check holds, from the rounds of one try and from several tries. */
import { isFailed, isSample, type Outcome, type Result } from "../cell.js";
import { pairedEffect } from "../statistics/effect.js";
import type { Interval } from "../statistics/interval.js";
import type { Check } from "./checks.js";

export type Found =
  | { readonly is: "holds" | "broken" | "too noisy to tell"; readonly ratio: Interval }
  /** Nothing was measured, for this reason. */
  | { readonly is: "not measured"; readonly why: string };

/** With fewer rounds, a check is never called broken. */
const ENOUGH = 3;

/** A check that does not hold is tried this many times in all. */
export const TRIES = 3;

/** A check is broken only if all of the interval is above the limit. It holds only if none of it is. */
export function judge(check: Check, results: readonly Result[]): Found {
  const [upper, lower] = [check.upper, check.lower].map(
    (cell) => results.find((result) => alike(result.cell, cell))?.outcomes ?? [],
  ) as [Outcome[], Outcome[]];
  const pairs = upper.flatMap((outcome, round): [number, number][] => {
    const other = lower[round];
    if (other === undefined || !isSample(outcome) || !isSample(other)) return [];
    const [a, b] = [check.of(outcome), check.of(other)];
    return a === undefined || b === undefined || a <= 0 || b <= 0 ? [] : [[a, b]];
  });
  if (pairs.length === 0) return { is: "not measured", why: reason([...upper, ...lower]) };
  const { ratio } = pairedEffect(
    pairs.map(([, b]) => b),
    pairs.map(([a]) => a),
  );
  if (ratio.high <= check.most) return { is: "holds", ratio };
  const broken = ratio.low > check.most && pairs.length >= ENOUGH;
  return { is: broken ? "broken" : "too noisy to tell", ratio };
}

function alike(a: Result["cell"], b: Result["cell"]): boolean {
  return (
    a.experiment === b.experiment &&
    a.runtime === b.runtime &&
    a.order === b.order &&
    a.fibers === b.fibers
  );
}

function reason(outcomes: readonly Outcome[]): string {
  const failed = outcomes.find(isFailed);
  return failed?.failed ?? "the measurement gave no figure";
}

/** The checks to try again: those that have not held yet and have tries left. */
export function unsettled(
  tries: ReadonlyMap<Check, readonly Found[]>,
  most: number = TRIES,
): Check[] {
  return [...tries]
    .filter(([, all]) => all.length < most && !all.some(({ is }) => is === "holds"))
    .map(([check]) => check);
}

/**
 * The verdict over all tries of one check. One try that holds is enough, because nothing makes code faster
 * than it is. A check is broken if every try was. A failure to measure is a failure too, because the
 * measured programs must run.
 */
export function overall(tries: readonly Found[]): Found {
  const last = tries.at(-1) as Found;
  const holding = tries.find(({ is }) => is === "holds");
  if (holding !== undefined) return holding;
  if (last.is === "not measured") return last;
  const noisy = tries.find(({ is }) => is === "too noisy to tell");
  return noisy ?? last;
}
