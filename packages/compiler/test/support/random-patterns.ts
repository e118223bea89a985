/** Random patterns and what they take apart, as text. */
import type { Choices } from "./choices.js";

/** What an expression may name, and where it stands. */
export interface Surroundings {
  readonly names: readonly string[];
  /** Variables that may be assigned to. */
  readonly mutable: readonly string[];
  readonly loops: readonly string[];
  readonly blocks: readonly string[];
  readonly inLoop: boolean;
  readonly inSwitch: boolean;
  readonly depth: number;
}

type Write = (around: Surroundings) => string;

export class RandomPatterns {
  readonly #choices: Choices;
  readonly #expression: Write;
  readonly #simple: Write;

  /** `expression` writes one that may suspend, `simple` one that does not. */
  constructor(choices: Choices, expression: Write, simple: Write) {
    this.#choices = choices;
    this.#expression = expression;
    this.#simple = simple;
  }

  /** An assignment to a pattern. */
  assigned(around: Surroundings): string {
    const some = (): string => this.some(around);
    const name = this.#choices.one(around.mutable);
    const target = this.#choices.one([
      name,
      `object[${some()}]`,
      `{ length: ${name} = ${some()} }`,
    ]);
    switch (this.#choices.below(3)) {
      case 0:
        return `([${name} = ${some()}, ${this.hole()}${target} = ${some()}] = ${this.list(around)})`;
      case 1:
        return `([${target}, ...${this.#choices.one(["object.rest", `[, ${name} = ${some()}]`])}] = ${this.list(around)})`;
      default:
        return `({ ${this.key(around)}a: ${target} = ${some()}, ...object.rest } = { a: ${some()}, b: 3 })`;
    }
  }

  /** A computed key of a pattern whose value is not looked at. */
  key(around: Surroundings): string {
    return this.#choices.below(3) === 0 ? `[${this.some(around)}]: object.key, ` : "";
  }

  hole(): string {
    return this.#choices.below(4) === 0 ? ", " : "";
  }

  list(around: Surroundings): string {
    return this.#choices.one([
      `[${this.#expression(around)}, ${this.#expression(around)}]`,
      "items(1)",
      "items(3)",
    ]);
  }

  /** With or without a suspension. */
  some(around: Surroundings): string {
    return this.#choices.below(2) === 0 ? this.#expression(around) : this.#simple(around);
  }
}
