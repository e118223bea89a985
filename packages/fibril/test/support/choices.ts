/** What a random world draws from: a generator, or a list of numbers, which can be shrunk. */
export interface Draws {
  /** An integer from 0 to `limit` - 1. */
  below(limit: number): number;
  chance(oneIn: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** Picks a key with the weight that it maps to. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K;
}

/**
 * Draws from a list of numbers. When the list is used up, every draw is the first choice. So a shorter list, or
 * one of smaller numbers, is a simpler run, and fast-check shrinks a failing run by shrinking its list. (The idea
 * is Hypothesis's.)
 */
export class Choices implements Draws {
  private readonly list: readonly number[];
  private at: number;

  constructor(list: readonly number[]) {
    this.list = list;
    this.at = 0;
  }

  below(limit: number): number {
    return (this.list[this.at++] ?? 0) % limit;
  }

  /** The first choice is no, because what happens by chance is what makes a run more complex. */
  chance(oneIn: number): boolean {
    return this.below(oneIn) === oneIn - 1;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const entries = Object.entries(weights) as [K, number][];
    let left = this.below(entries.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [key, weight] of entries) {
      left -= weight;
      if (left < 0) return key;
    }
    throw new Error("no weights");
  }
}
