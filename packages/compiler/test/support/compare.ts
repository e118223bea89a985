/** Runs a generator function natively and compiled, and compares everything that can be seen of both. */
import { transform } from "@fibril/compiler";
import * as routines from "@fibril/compiler/routines";
import { Fiber } from "fibril";
import * as runtime from "@fibril/compiler/generators";

type Make = (...args: unknown[]) => Generator<unknown, unknown, unknown>;

/** One entry of a script: how the generator is entered, and with what. */
export interface Entry {
  readonly how: "next" | "throw" | "return";
  readonly value: unknown;
}

/** The world in which a program runs: everything it does is noted. */
function world(trace: unknown[][]): Record<string, unknown> {
  let ticks = 0;
  const closures: (() => unknown)[] = [];
  const log = (...values: unknown[]): unknown => {
    trace.push(["log", ...values.map(textOf), ...closures.map((each) => textOf(attempt(each)))]);
    return values[0];
  };
  return {
    log,
    tick: () => ++ticks < 40,
    keep: (closure: () => unknown) => {
      if (closures.length < 4) closures.push(closure);
    },
    items: (count: number) => ({
      [Symbol.iterator]() {
        let at = 0;
        log("iterate", count);
        return {
          next: () => (
            log("step", at),
            at < count ? { value: at++, done: false } : { value: 9, done: true }
          ),
          return: (value: unknown) => (log("close", value), { value, done: true }),
        };
      },
    }),
    *inner(value: unknown): Generator<unknown, unknown, unknown> {
      try {
        log("inner", yield value);
        return yield "second";
      } catch (error) {
        log("inner caught", error);
        return yield "recovering";
      } finally {
        log("inner ends");
        if (value === 2) yield "inner finally";
      }
    },
    thrower: (value: unknown) => {
      if (typeof value === "number" && value % 3 === 2) throw new Error(`thrown ${value}`);
      return value;
    },
    resource: (value: unknown) =>
      value === 1
        ? undefined
        : {
            [Symbol.dispose]() {
              log("dispose", value);
              if (value === 3) throw new Error("disposal");
            },
          },
    maybe: (value: unknown) => (value === 1 ? undefined : { count: value }),
    tag: (strings: readonly string[], ...values: unknown[]) => log(strings.join("|"), ...values),
    object: {
      count: 1,
      *waits(this: { count: unknown }, value: unknown): Generator<any, unknown, any> {
        return yield* Fiber.yield([value, this.count]);
      },
      method(this: unknown, ...values: unknown[]) {
        return log("method", this === undefined, ...values);
      },
    },
    Fiber,
    Pair: class {
      constructor(...values: unknown[]) {
        log("new", ...values);
      }
    },
  };
}

function attempt(fn: () => unknown): unknown {
  try {
    return fn();
  } catch (error) {
    return error;
  }
}

export function textOf(value: unknown): string {
  if (typeof value === "function") return `function ${value.name}`;
  // The engine's own messages quote the text of the program.
  if (value instanceof TypeError) return "TypeError";
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (typeof value === "symbol") return String(value);
  if (Array.isArray(value)) return `[${value.map(textOf).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value)
      .map(([key, each]) => `${key}: ${textOf(each)}`)
      .join(", ")}}`;
  }
  return Object.is(value, -0) ? "-0" : String(value);
}

/** The same in a fiber. A script's `return` is a kill. */
export function runFiber(
  make: (world: Record<string, unknown>) => Make,
  script: readonly Entry[],
  more: (around: Record<string, unknown>) => Record<string, unknown> = () => ({}),
): unknown[][] {
  const trace: unknown[][] = [];
  const around = world(trace);
  const log = around["log"] as (...values: unknown[]) => unknown;
  const inner = function* (value: unknown): Generator<any, unknown, unknown> {
    try {
      log("inner", yield* Fiber.yield(value));
      return yield* Fiber.yield("second");
    } catch (error) {
      log("inner caught", error);
      return yield* Fiber.yield("recovering");
    } finally {
      log("inner ends");
    }
  };
  const fiber = new Fiber(make({ ...around, inner, ...more(around) }) as never) as any;
  script.forEach(({ how, value }, index) => {
    try {
      const out: unknown =
        how === "throw"
          ? fiber.raise(value)
          : how === "return"
            ? fiber.kill() === fiber
            : index === 0
              ? fiber.resume(1, 2)
              : fiber.resume(value);
      trace.push([how, textOf(out), fiber.alive]);
    } catch (error) {
      trace.push([how, "threw", textOf(error)]);
    }
  });
  return trace;
}

function run(
  make: (world: Record<string, unknown>) => Make,
  script: readonly Entry[],
): unknown[][] {
  const trace: unknown[][] = [];
  const generator = make(world(trace))(1, 2);
  for (const { how, value } of script) {
    try {
      const result = generator[how](value);
      trace.push([how, textOf(result.value), result.done]);
    } catch (error) {
      trace.push([how, "threw", textOf(error)]);
    }
  }
  return trace;
}

const NAMES = [
  "log",
  "tick",
  "keep",
  "items",
  "inner",
  "thrower",
  "resource",
  "maybe",
  "tag",
  "object",
  "Pair",
  "Fiber",
];

export function evaluate(
  text: string,
  extra: Record<string, unknown>,
): (world: Record<string, unknown>) => Make {
  const names = Object.keys(extra);
  // oxlint-disable-next-line typescript/no-implied-eval
  const make = new Function(...names, ...NAMES, `"use strict"; return ${text}`) as (
    ...args: unknown[]
  ) => Make;
  return (world) => make(...names.map((name) => extra[name]), ...NAMES.map((name) => world[name]));
}

/* oxlint-disable no-extend-native -- because the texts of functions and errors are replaced, for one call */
/** The texts of functions differ on purpose, and the engine's own messages quote the program. */
export function withoutTexts<T>(body: () => T): T {
  // oxlint-disable-next-line typescript/unbound-method
  const { toString } = Function.prototype;
  // oxlint-disable-next-line typescript/unbound-method
  const { toString: errorText } = Error.prototype;
  Object.assign(Function.prototype, { toString: () => "function" });
  Object.assign(Error.prototype, {
    toString(this: Error): string {
      return textOf(this);
    },
  });
  try {
    return body();
  } finally {
    Object.assign(Function.prototype, { toString });
    Object.assign(Error.prototype, { toString: errorText });
  }
}
/* oxlint-enable no-extend-native */

export interface Comparison {
  readonly native: unknown[][];
  readonly compiled: unknown[][];
  readonly code: string;
  readonly leftAlone: string | undefined;
}

/** Compares the two forms of an expression that is a generator function. */
export function compare(program: string, script: readonly Entry[], isRoutine = false): Comparison {
  const { code, explanations } = transform(
    `"use strict"; const { Fiber } = require("fibril"); use(${program});`,
    {
      all: !isRoutine,
      sourceType: "script",
      file: "program.js",
    },
  );
  const at = code.indexOf("use(");
  const expression = code.slice(at + 3, code.lastIndexOf(";"));
  const helpers = Object.fromEntries(
    Object.entries(isRoutine ? routines : runtime).map(([name, value]) => [`$${name}`, value]),
  );
  const enter = isRoutine ? runFiber : run;
  const reasons = explanations.filter((each) => !each.compiled).map((each) => each.reason);
  return {
    native: withoutTexts(() => enter(evaluate(program, {}), script)),
    compiled: withoutTexts(() => enter(evaluate(expression, helpers), script)),
    code: expression,
    leftAlone: reasons[0],
  };
}
