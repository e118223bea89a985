/**
 * Runs a routine as it is, and as the same program in direct style: without its stars, its `yield*` and with another
 * directive. All that can be seen of both is compared.
 */
import { SourceError, transform } from "@fibril/compiler";
import * as direct from "@fibril/compiler/direct";
import * as generators from "@fibril/compiler/generators";
import { type Entry, evaluate, runFiber, withoutTexts } from "./compare.js";

/** What a program may call, as routines: through several frames, with clean-up that waits. */
const CALLED = `({
  inner: function* inner(value) {
    try {
      log("inner", yield* down(typeof value === "number" ? value % 4 || 0 : 1, value));
      return yield* Fiber.yield("second");
    } catch (error) {
      log("inner caught", error);
      return yield* Fiber.yield("recovering");
    } finally {
      log("inner ends");
      if (value === 2) log("inner finally", yield* down(2, "waits"));
    }
    function* down(n, given) {
      if (n <= 0) return yield* Fiber.yield(given);
      try {
        const back = yield* down(n - 1, given);
        log("back", n, back);
        return [n, back];
      } finally {
        log("up", n);
      }
    }
  },
  object: {
    count: 1,
    method(...values) {
      return log("method", this === undefined, ...values);
    },
    *waits(value) {
      return yield* Fiber.yield([value, this.count]);
    },
  },
})`;

/** A program of routines without what makes them generators. */
export function inDirectStyle(routines: string): string {
  return routines
    .replaceAll("function*", "function")
    .replaceAll("yield* ", "")
    .replaceAll("*waits", "waits")
    .replaceAll(/\*f\(/g, "f(")
    .replaceAll('"use fiber"', '"use fibers"');
}

export interface DirectComparison {
  readonly plain: unknown[][];
  readonly compiled: unknown[][];
  readonly code: string;
}

type Parts = (world: Record<string, unknown>) => any;

const NAME = /^\$/;
const helpers = { ...generators, ...direct };

/** A compiled expression, and the names of its helpers with their values. */
function compileExpression(text: string): [code: string, values: Record<string, unknown>] {
  const source = `"use fibers"; "use strict"; const { Fiber } = require("fibril"); use(${text});`;
  const { code } = transform(source, { sourceType: "script", file: "program.js" });
  const values: Record<string, unknown> = {};
  const prefix = /direct: (\S*?)direct\b/.exec(code)?.[1] ?? "$";
  for (const [name, value] of Object.entries(helpers)) values[`${prefix}${name}`] = value;
  const at = code.indexOf("use(");
  return [code.slice(at + 4, code.lastIndexOf(")")).replace(NAME, "$"), values];
}

const [called, calledHelpers] = compileExpression(inDirectStyle(CALLED));
const plainParts = evaluate(CALLED, {}) as Parts;
const directParts = evaluate(called, calledHelpers) as Parts;

/** Undefined if the program is refused. */
export function compareDirect(
  program: string,
  script: readonly Entry[],
): DirectComparison | undefined {
  let code: string;
  let values: Record<string, unknown>;
  try {
    [code, values] = compileExpression(inDirectStyle(program));
  } catch (error) {
    if (error instanceof SourceError) return undefined;
    throw error;
  }
  return {
    plain: withoutTexts(() => runFiber(evaluate(program, {}), script, plainParts)),
    compiled: withoutTexts(() => runFiber(evaluate(code, values), script, directParts)),
    code,
  };
}
