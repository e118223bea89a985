import type { Pairs, Program, Raised, Statement, Target, Value } from "./program.ts";
import { Random } from "./random.ts";

/** What the judge at hand knows. Ruby 3.1 has neither kill nor storage. */
export interface Features {
  readonly kill: boolean;
  readonly storage: boolean;
}

/** The program with this number of this seed. */
export function generate(seed: number, index: number, features: Features): Program {
  const random = new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  return new Generator(random, features).program();
}

class Generator {
  readonly #random: Random;
  readonly #features: Features;
  #fibers = 0;

  constructor(random: Random, features: Features) {
    this.#random = random;
    this.#features = features;
  }

  program(): Program {
    const random = this.#random;
    this.#fibers = 2 + random.below(4);
    const fibers: Statement[][] = [];
    for (let i = 0; i < this.#fibers; i++) fibers.push(this.#block(2 + random.below(6), 3, false));
    const main: Statement[] = fibers.map((_, i) => this.#creation(i));
    main.push(...this.#block(5 + random.below(9), 2, true));
    return this.#features.kill ? { fibers, main } : { fibers, main, old: true };
  }

  #block(length: number, depth: number, main: boolean): Statement[] {
    const statements: Statement[] = [];
    while (statements.length < length) statements.push(this.#statement(depth, main));
    return statements;
  }

  #statement(depth: number, main: boolean): Statement {
    const random = this.#random;
    const { kill, storage } = this.#features;
    const nest = depth > 0 ? 1 : 0;
    const kind = random.weighted({
      resume: main ? 40 : 14,
      transfer: main ? 12 : 14,
      yield: main ? 1 : 16,
      raise: 8,
      kill: kill ? 6 : 0,
      new: main ? 3 : 2,
      alive: 2,
      status: 4,
      current: 1,
      get: storage ? 3 : 0,
      set: storage ? 3 : 0,
      storage: storage ? 1 : 0,
      store: storage ? 1 : 0,
      fail: main ? 0 : 3,
      return: main ? 0 : 1,
      try: nest * (main ? 2 : 12),
      loop: nest * 4,
      call: nest * (main ? 0 : 6),
    });
    const inner = (): Statement[] => this.#block(1 + random.below(3), depth - 1, main);
    switch (kind) {
      case "new":
        return this.#creation(random.below(this.#fibers));
      case "resume":
      case "transfer":
        return [kind, this.#target(kind === "resume" ? 20 : 5), ...this.#values()];
      case "yield":
        return [kind, ...this.#values()];
      case "raise":
        return [kind, this.#target(15), ...this.#raised()];
      case "kill":
      case "alive":
      case "status":
        return [kind, random.below(this.#fibers)];
      case "current":
      case "storage":
        return [kind];
      case "get":
        return [kind, this.#key()];
      case "set":
        return [kind, this.#key(), this.#value()];
      case "store":
        return [kind, this.#pairs()];
      case "fail":
        return [kind, random.pick(["a", "b"])];
      case "return":
        return [kind, this.#value()];
      case "loop":
        return [kind, 2 + random.below(2), inner()];
      case "call":
        return [kind, inner()];
      case "try": {
        const handled = !random.chance(3);
        const cleaned = !handled || random.chance(2);
        return [
          kind,
          inner(),
          handled ? inner() : null,
          cleaned ? this.#cleanup(depth, main) : null,
          handled && random.chance(4),
        ];
      }
    }
  }

  /** No return: `return` in a `finally` block is another matter in JavaScript. */
  #cleanup(depth: number, main: boolean): Statement[] {
    const keep = (statement: Statement): boolean => {
      const [kind, ...rest] = statement;
      return kind !== "return" && rest.flat(1).every((part) => !isStatement(part) || keep(part));
    };
    return this.#block(1 + this.#random.below(3), depth - 1, main).filter(keep);
  }

  #creation(fiber: number): Statement {
    const given = this.#features.storage && this.#random.chance(4);
    return given ? ["new", fiber, this.#pairs()] : ["new", fiber];
  }

  #target(rootOneIn: number): Target {
    return this.#random.chance(rootOneIn) ? "root" : this.#random.below(this.#fibers);
  }

  #value(): Value {
    const random = this.#random;
    return random.chance(6) ? null : random.chance(6) ? "text" : random.below(10);
  }

  #values(): Value[] {
    const values: Value[] = [];
    for (let left = this.#random.pick([0, 1, 1, 1, 2, 3]); left > 0; left--) {
      values.push(this.#value());
    }
    return values;
  }

  #raised(): Raised[] {
    const kinds: Raised[][] = [
      [],
      ["oops"],
      ["oops"],
      [{ class: "TypeError" }],
      [{ class: "RuntimeError" }, "told"],
      [{ error: "made" }],
      [{ error: "made" }, "told again"],
      [3],
      [3, "told"],
      ["oops", "told"],
    ];
    return this.#random.pick(kinds);
  }

  #key(): string {
    return this.#random.pick(["x", "y"]);
  }

  #pairs(): Pairs {
    const random = this.#random;
    const all: Pairs[] = [true, null, 5, "frozen", { x: random.below(10) }, {}, { x: null, y: 2 }];
    return random.pick(all);
  }
}

function isStatement(part: unknown): part is Statement {
  return Array.isArray(part) && typeof part[0] === "string";
}
