/** Random lists of choices, and the smallest one that still fails. */
import assert from "node:assert/strict";

/** mulberry32 */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** Fails with the shrunk choices of the first run in which `difference` finds one. */
export function search(
  runs: number,
  seed: number,
  difference: (made: readonly number[]) => string | undefined,
): void {
  const next = random(seed);
  for (let run = 0; run < runs; run++) {
    const made = Array.from({ length: 60 + (next() % 240) }, () => next() % 1_000_003);
    if (difference(made) === undefined) continue;
    const smallest = shrink(made, difference);
    assert.fail(`run ${run}\n${difference(smallest) ?? ""}\nchoices ${JSON.stringify(smallest)}`);
  }
}

function shrink(
  made: readonly number[],
  difference: (made: readonly number[]) => string | undefined,
): number[] {
  let best = [...made];
  for (let size = best.length; size >= 1; size = size >> 1) {
    for (let at = 0; at + size <= best.length;) {
      const shorter = [...best.slice(0, at), ...best.slice(at + size)];
      const zeroed = best.map((each, index) => (index >= at && index < at + size ? 0 : each));
      const isSmaller = zeroed.some((each, index) => each !== best[index]);
      if (difference(shorter) !== undefined) best = shorter;
      else if (isSmaller && difference(zeroed) !== undefined) best = zeroed;
      else at += size;
    }
  }
  return best;
}
