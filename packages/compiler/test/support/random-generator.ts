/** Random generator functions, as text. Everything that they do goes through `log`, so runs can be compared. */
import type { Choices } from "./choices.js";
import { RandomPatterns, type Surroundings } from "./random-patterns.js";
import { knowsUsing, withResource } from "./random-resources.js";

export class RandomGenerator {
  readonly #choices: Choices;
  readonly #patterns: RandomPatterns;
  /** Whether it is a routine, which hands out values by `yield* Fiber.yield(…)`. */
  readonly #isRoutine: boolean;
  #fresh = 0;

  constructor(choices: Choices, isRoutine = false) {
    this.#choices = choices;
    this.#isRoutine = isRoutine;
    this.#patterns = new RandomPatterns(
      choices,
      (around) => this.expression(around),
      (around) => this.simple(around),
    );
  }

  #yield(value: string): string {
    return this.#isRoutine ? `yield* Fiber.yield(${value})` : `yield ${value}`;
  }

  /** `function* f(p, q) { … }`, which uses `log`, `items`, `inner` and `thrower`. */
  program(): string {
    const head = this.#choices.below(6);
    const body = this.statements(
      {
        names: ["p", "q"],
        mutable: ["p", "q"],
        loops: [],
        blocks: [],
        inLoop: false,
        inSwitch: false,
        depth: 0,
      },
      2 + this.#choices.below(5),
    );
    const directive = this.#isRoutine ? '"use fiber";\n' : "";
    const early = `log(typeof this, p, q);\n`;
    switch (head) {
      case 1:
        return `({ *f(p, q) {\n${directive}${early}${body}} }).f`;
      case 2:
        return `(class { static #k = 1; static *f(p, q) {\n${directive}log(this?.#k);\n${early}${body}} }).f`;
      case 3:
        // A directive of a function with such parameters may not be "use strict", but any other.
        return `(function* (p = log("default"), { length: q = log(3) } = {}, [r, ...rest] = [log(4), 1, 2], ...more) {\n${directive}log(r, rest, more);\n${body}})`;
      case 4:
        return `(function* f(p, q, r, s, t = p, u) {\n${directive}log(r, s, t, u);\n${early}${body}})`;
      default:
        return `(function* f(p, q) {\n${directive}${body}})`;
    }
  }

  #name(): string {
    // Few names, so that they shadow each other.
    return this.#choices.one(["x", "y", "z", `v${this.#fresh++}`]);
  }

  statements(around: Surroundings, count: number): string {
    let out = "";
    let here = around;
    const declared = new Set<string>();
    for (let index = 0; index < count; index++) {
      if (this.#choices.isOver && index > 0) break;
      const choice = this.#choices.below(8);
      if (choice === 7) {
        const name = this.#name();
        if (declared.has(name)) continue;
        declared.add(name);
        const other = this.#choices.below(8);
        if (other > 3) {
          const [text, isMutable] = this.#declaration(name, other, here);
          out += text;
          here = {
            ...here,
            names: [...here.names.filter((each) => each !== name), name],
            mutable: [
              ...here.mutable.filter((each) => each !== name),
              ...(isMutable ? [name] : []),
            ],
          };
          continue;
        }
        const kind = this.#choices.one(["let", "const", "let"]);
        // Its own initialiser must not read it.
        const outside = { ...here, names: here.names.filter((each) => each !== name) };
        const mutable = here.mutable.filter((each) => each !== name);
        out += `${kind} ${name} = ${this.expression({ ...outside, mutable })};\n`;
        here = {
          ...here,
          names: [...here.names.filter((each) => each !== name), name],
          mutable: kind === "let" ? [...mutable, name] : mutable,
        };
      } else if (choice === 6 && declared.size === 0) {
        const name = `w${this.#choices.below(3)}`;
        const others = this.#choices.below(3) === 0 ? ["w3", "w4"] : [];
        const more = others.length > 0 ? `, w3, w4 = ${this.expression(here)}` : "";
        out += `var ${name} = ${this.expression(here)}${more};\n`;
        here = {
          ...here,
          names: [...here.names, name, ...others],
          mutable: [...here.mutable, name, ...others],
        };
      } else {
        out += this.#statement(here);
      }
    }
    return out;
  }

  /** Declarations other than of one variable with its value; whether the name may be assigned to. */
  #declaration(name: string, choice: number, around: Surroundings): [string, boolean] {
    const here = {
      ...around,
      names: around.names.filter((each) => each !== name),
      mutable: around.mutable.filter((each) => each !== name),
    };
    const second = `d${this.#fresh++}`;
    const captured = this.#choices.one(around.names);
    // It may be the name itself, and then it is read before its declaration has run.
    const early = this.#choices.below(12) === 0 ? `keep(() => ${name});\n` : "";
    switch (choice) {
      case 4: {
        const kind = this.#choices.one(["let", "const"]);
        const text = `${early}${kind} { a: ${name} = ${this.#patterns.some(here)}, ${this.#patterns.key(here)}...${second} } = { a: ${this.expression(here)}, b: 2 };\nlog(${second});\n`;
        return [text, kind === "let"];
      }
      case 5: {
        const kind = this.#choices.one(["let", "const"]);
        const text = `${early}${kind} [${name} = ${this.#patterns.some(here)}, ${this.#patterns.hole()}${second} = ${this.#patterns.some(here)}] = ${this.#patterns.list(here)};\nlog(${name});\nlog(${second});\n`;
        return [text, kind === "let"];
      }
      case 6: {
        // Never its own parameter: the recursion would have no end.
        const others = here.mutable.filter((each) => each !== "n");
        const changed = others.length > 0 ? `${this.#choices.one(others)} = [1, 2].length; ` : "";
        return [
          `function ${name}(n) { ${changed}return n > 0 ? ${name}(n - 1) : ${captured}; }\nlog(${name}(2));\n`,
          false,
        ];
      }
      default: {
        const text =
          this.#choices.below(2) === 0
            ? `${early}let ${name}, ${second} = ${this.expression(here)};\n${name} = ${second};\n`
            : `${early}class ${name} { static own() { return typeof ${name}; } static first = ${this.simple(here)}; }\nlog(${name}.own(), ${name}.first);\n`;
        return [text, false];
      }
    }
  }

  #statement(around: Surroundings): string {
    const { depth } = around;
    const choice = depth > 4 ? this.#choices.below(5) : this.#choices.below(knowsUsing ? 28 : 26);
    const deeper = { ...around, depth: depth + 1 };
    const block = (inner: Surroundings = deeper): string =>
      `{\n${this.statements(inner, 1 + this.#choices.below(3))}}`;
    switch (choice) {
      case 0:
      case 1:
        return `log(${this.expression(around)});\n`;
      case 2:
        return `${this.#yield(this.expression(around))};\n`;
      case 3:
        return `${this.expression(around)};\n`;
      case 4:
        return this.#jump(around);
      case 5:
      case 6:
        return `if (${this.expression(around)}) ${block()}\n`;
      case 7:
        return `if (${this.expression(around)}) ${block()} else ${block()}\n`;
      case 8:
      case 9:
        return `try ${block()} finally ${block()}\n`;
      case 10:
      case 11:
        return `try ${block()} catch (e) ${block({ ...deeper, names: [...around.names, "e"] })}\n`;
      case 12:
        return `try ${block()} catch ({ message = ${this.#patterns.some(around)} }) ${block()} finally ${block()}\n`;
      case 13:
      case 14:
        return this.#loop(around, "for");
      case 15:
        return this.#loop(around, "while");
      case 16:
        return this.#loop(around, "do");
      case 17:
      case 18:
        return this.#loop(around, "of");
      case 19:
        return this.#loop(around, "in");
      case 20:
        return this.#switch(around);
      case 21: {
        const label = `L${this.#fresh++}`;
        return `${label}: ${block({ ...deeper, blocks: [...around.blocks, label] })}\n`;
      }
      case 22: {
        const name = `g${this.#fresh++}`;
        const inside = this.#choices.one([...around.mutable]);
        return `const ${name} = () => (${inside} = [${inside}, 1].length + 1);\nlog(${name}());\n${this.#yield(name)};\nlog(${name}(), ${inside});\n`;
      }
      case 23:
      case 24:
        return this.#nested(deeper);
      case 26:
      case 27: {
        const name = `u${this.#fresh++}`;
        const inLoop = choice === 27 || around.inLoop;
        const inside = { ...deeper, names: [...around.names, name], inLoop };
        const body = this.statements(inside, 1 + this.#choices.below(3));
        return withResource(name, this.expression(around), body, choice === 27);
      }
      default:
        return block() + "\n";
    }
  }

  /** A generator function inside, which sees the variables around it and is called at once. */
  #nested(around: Surroundings): string {
    const name = `h${this.#fresh++}`;
    const inner = {
      ...around,
      names: [...around.names, "n"],
      mutable: [...around.mutable, "n"],
      loops: [],
      blocks: [],
      inLoop: false,
      inSwitch: false,
    };
    const body = this.statements(inner, 1 + this.#choices.below(3));
    const head =
      this.#choices.below(2) === 0 ? `function* ${name}(n)` : `const ${name} = function* (n)`;
    const call = `${name}(${this.expression(around)})`;
    return `${head} {\n${body}}\nlog(yield* ${call});\n`;
  }

  #jump(around: Surroundings): string {
    const choice = this.#choices.below(6);
    if (choice === 0) return `if (${this.simple(around)}) return ${this.expression(around)};\n`;
    if (choice === 1) return `if (${this.simple(around)}) throw ${this.expression(around)};\n`;
    if (choice === 2 && (around.inLoop || around.inSwitch))
      return `if (${this.simple(around)}) break;\n`;
    if (choice === 3 && around.inLoop) return `if (${this.simple(around)}) continue;\n`;
    if (choice === 4 && around.loops.length > 0) {
      return `if (${this.simple(around)}) continue ${this.#choices.one(around.loops)};\n`;
    }
    const labels = [...around.loops, ...around.blocks];
    if (choice === 5 && labels.length > 0) {
      return `if (${this.simple(around)}) break ${this.#choices.one(labels)};\n`;
    }
    return `log("jump", ${this.simple(around)});\n`;
  }

  #loop(around: Surroundings, kind: string): string {
    const label = `L${this.#fresh++}`;
    const counter = `i${this.#fresh++}`;
    const inner = {
      ...around,
      depth: around.depth + 1,
      inLoop: true,
      inSwitch: false,
      loops: [...around.loops, label],
      names: [...around.names, counter],
      mutable: kind === "of" || kind === "in" ? around.mutable : [...around.mutable, counter],
    };
    // A budget outside of the program's reach ends every loop.
    const budget = `tick()`;
    const some = (): string =>
      this.#choices.below(3) === 0 ? this.expression(inner) : this.simple(inner);
    const outside = (): string =>
      this.#choices.below(3) === 0 ? this.expression(around) : this.simple(around);
    const closure = this.#choices.below(3) === 0 ? `keep(() => ${counter});\n` : "";
    const body = `{\n${closure}${this.statements(inner, 1 + this.#choices.below(3))}}`;
    switch (kind) {
      case "for": {
        const declare = this.#choices.one(["let", "var"]);
        return `${label}: for (${declare} ${counter} = ${outside()}; ${budget} && ${some()}; ${counter} = ${some()}) ${body}\n`;
      }
      case "while":
        return `let ${counter} = 0;\n${label}: while (${budget} && ${some()}) ${body}\n`;
      case "do":
        return `let ${counter} = 0;\n${label}: do ${body} while (${budget} && ${some()});\n`;
      case "of": {
        const of = this.#choices.one(["items(2)", "[p, 7]", "items(3)", outside()]);
        const target = this.#choices.one([
          `const ${counter}`,
          `let ${counter}`,
          `const [${counter} = 3]`,
          `const [${counter} = ${this.#patterns.some(around)}]`,
          `let { length: ${counter} = ${this.#patterns.some(around)} }`,
        ]);
        return `${label}: for (${target} of ${of}) ${body}\n`;
      }
      default:
        return `${label}: for (const ${counter} in ${this.#choices.one(["{ a: 1, b: 2 }", "[5, 6]", outside()])}) ${body}\n`;
    }
  }

  #switch(around: Surroundings): string {
    const inner = { ...around, depth: around.depth + 1, inSwitch: true };
    const cases = Array.from({ length: 1 + this.#choices.below(3) }, () => {
      const test =
        this.#choices.below(4) === 0
          ? "default"
          : `case ${this.#choices.below(3) === 0 ? this.expression(around) : this.#choices.below(4)}`;
      const end = this.#choices.below(2) === 0 ? "break;\n" : "";
      return { test, text: `{\n${this.statements(inner, 1 + this.#choices.below(2))}}\n${end}` };
    });
    let hasDefault = false;
    const texts = cases.map(({ test, text }) => {
      const isDefault = test === "default";
      const name = isDefault && hasDefault ? "case 9" : test;
      hasDefault ||= isDefault;
      return `${name}:\n${text}`;
    });
    return `switch (${this.expression(around)}) {\n${texts.join("")}}\n`;
  }

  /** Without a suspension. */
  simple(around: Surroundings): string {
    const choice = this.#choices.below(6);
    if (choice === 0) return String(this.#choices.below(4));
    if (choice === 1) return `log(${this.#choices.one(around.names)})`;
    if (choice === 2) return `(${this.#choices.one(around.names)} < ${this.#choices.below(4)})`;
    return this.#choices.one(around.names);
  }

  expression(around: Surroundings): string {
    const { depth } = around;
    if (depth > 6) return this.simple(around);
    const inner = { ...around, depth: depth + 1 };
    const any = (): string => this.expression(inner);
    const choice = this.#choices.below(41);
    switch (choice) {
      case 0:
        return this.simple(around);
      case 33:
      case 1:
      case 2:
      case 3:
        return `(${this.#yield(any())})`;
      case 4:
        return `(yield* inner(${any()}))`;
      case 5:
        return this.#isRoutine
          ? `(yield* ${this.#choices.one(["inner", "object.waits"])}(${any()}))`
          : `(yield* [${any()}, ${any()}])`;
      case 6:
      case 7:
        return `(${any()} ${this.#choices.one(["+", "-", "*", "<", "===", ","])} ${any()})`;
      case 8:
        return `(${any()} ${this.#choices.one(["&&", "||", "??"])} ${any()})`;
      case 9:
        return `(${any()} ? ${any()} : ${any()})`;
      case 10:
      case 11:
        return choice === 10 ? `log(${any()}, ${any()})` : `log(${any()}, ${any()}, ${any()})`;
      case 12:
        return `[${any()}, ...items(1), ${any()}]`;
      case 13:
        return `({ a: ${any()}, [${any()}]: ${any()}, ...{ b: 1 } })`;
      case 14:
        return "`a${" + any() + "}b${" + any() + "}`";
      case 15:
        return "tag`a${" + any() + "}b${" + any() + "}`";
      case 16:
        return `object.method(${any()}, ${any()})`;
      case 17:
        return `object[${any()}]`;
      case 18:
        return `object?.method(${any()})?.[${any()}]`;
      case 19:
        return around.mutable.length > 0
          ? `(${this.#choices.one(around.mutable)} ${this.#choices.one(["=", "+=", "||=", "??="])} ${any()})`
          : any();
      case 20:
        return `(object.count ${this.#choices.one(["=", "+=", "&&=", "??="])} ${any()})`;
      case 21:
        return `(object[${any()}] = ${any()})`;
      case 22:
        return `typeof ${any()}`;
      case 23:
        return `new Pair(${any()}, ${any()})`;
      case 24:
        return around.mutable.length > 0 ? this.#patterns.assigned(inner) : any();
      case 25:
        return `thrower(${any()})`;
      case 26:
        return `!${any()}`;
      case 27:
        return `maybe(${any()})?.count`;
      case 28:
        return `delete object[${any()}]`;
      case 29:
        return around.mutable.length > 0 ? `${this.#choices.one(around.mutable)}++` : any();
      case 30:
        return this.#isRoutine ? any() : `arguments.length + ${any()}`;
      case 34:
        return `(object?.method)(${any()})`;
      case 35:
        return `(maybe(${any()})?.${this.#choices.one(["count", "toString"])})?.(${any()})`;
      case 36:
        return `(yield* ${this.#choices.one(["inner", "(object?.waits)"])}\`a\${${any()}}\`)`;
      case 38:
        return `(class extends (${any()}, Pair) { static [${any()}] = ${this.simple(around)}; [${any()}]() {} })`;
      case 39:
        return `new (class A extends (${any()}, Pair) {})(${any()})`;
      case 40:
        return `({ a: class {}, [${any()}](n) { return n; }, get [${any()}]() { return 1; }, b: ${any()} })`;
      case 37:
        return `delete maybe(${any()})?.count`;
      default:
        return this.simple(around);
    }
  }
}
