/** The lines of a text. */

/** The line counts from 1 and the column from 0, as in source maps. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export class Lines {
  readonly #starts: number[] = [0];
  /** Most questions are about the line of the question before, or about the next one. */
  #last = 0;

  constructor(text: string) {
    for (let next = text.indexOf("\n"); next !== -1; next = text.indexOf("\n", next + 1)) {
      this.#starts.push(next + 1);
    }
  }

  positionOf(offset: number): Position {
    if (!this.#isIn(this.#last, offset)) {
      this.#last = this.#isIn(this.#last + 1, offset) ? this.#last + 1 : this.#find(offset);
    }
    return { line: this.#last + 1, column: offset - (this.#starts[this.#last] as number) };
  }

  #isIn(index: number, offset: number): boolean {
    const start = this.#starts[index];
    if (start === undefined || start > offset) return false;
    const next = this.#starts[index + 1];
    return next === undefined || next > offset;
  }

  #find(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
