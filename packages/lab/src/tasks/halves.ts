/** Which tasks are replaced by new ones before the clock starts: a random half of them, three times. */
import { seeded } from "../statistics/random.js";

const TIMES = 3;

/** The places of the tasks to be replaced, each time in the order in which they end. */
export function* halves(size: number): Generator<readonly number[], void> {
  const chance = seeded(size);
  for (let time = 0; time < TIMES; time++) {
    yield shuffled(
      Array.from({ length: size }, (_, place) => place),
      chance,
    ).slice(0, Math.floor(size / 2));
  }
}

function shuffled<T>(items: T[], chance: () => number): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(chance() * (i + 1));
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
  return items;
}
