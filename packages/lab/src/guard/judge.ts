/** Whether a check holds, from several rounds of one try, and from several tries. */
import { isFailed, isSample, type Outcome, type Result } from "../cell.js";
import { pairedEffect } from "../statistics/effect.js";
import type { Interval } from "../statistics/interval.js";
import type { Check } from "./checks.js";

export type Found =
  | { readonly is: "holds" | "broken" | "too noisy to tell"; readonly ratio: Interval }
  /** Nothing was measured, and why. */
  | { readonly is: "not measured"; readonly why: string };

/** Rounds, of fewer of which nothing bad is said. */
const ENOUGH = 3;

/** So often is tried what does not hold. */
export const TRIES = 3;

/** Broken only if all of the interval is beyond the limit; holds only if all of it is within. */
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
  return failed?.failed ?? "no figure came of it";
}

/** What has to be tried again: whatever has not held yet. */
export function unsettled(
  tries: ReadonlyMap<Check, readonly Found[]>,
  most: number = TRIES,
): Check[] {
  return [...tries]
    .filter(([, all]) => all.length < most && !all.some(({ is }) => is === "holds"))
    .map(([check]) => check);
}

/**
 * Of all tries of one check. One that holds is enough: nothing makes code faster than it is. Broken is
 * what was broken in every try; a failure to measure is one too, since whatever is measured must run.
 */
export function overall(tries: readonly Found[]): Found {
  const last = tries.at(-1) as Found;
  const holding = tries.find(({ is }) => is === "holds");
  if (holding !== undefined) return holding;
  if (last.is === "not measured") return last;
  const noisy = tries.find(({ is }) => is === "too noisy to tell");
  return noisy ?? last;
}
