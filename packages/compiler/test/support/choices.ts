/** A source of choices: numbers below a limit. A list of them is a program, so a shorter list is a smaller program. */
export class Choices {
  readonly made: number[];
  #at = 0;

  constructor(made: number[]) {
    this.made = made;
  }

  below(limit: number): number {
    const choice = this.made[this.#at++] ?? 0;
    return choice % limit;
  }

  get isOver(): boolean {
    return this.#at >= this.made.length;
  }

  one<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }
}
