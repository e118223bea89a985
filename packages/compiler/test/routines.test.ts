/** Compiled and plain routines call each other: four combinations, each with what can happen to a fiber. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { writeFileSync } from "node:fs";
import { transform } from "@fibril/compiler";
import { Fiber } from "fibril";
import { folderWith } from "./support/folder.js";

type AnyFiber = Fiber<any, any, any, any>;
type Routine = (...args: unknown[]) => Generator<any, unknown, any>;
interface Callee {
  inner: Routine;
  wrapped: Routine;
  deep: Routine;
}
interface Caller {
  outer: (inner: Routine, log: (entry: unknown) => void) => Routine;
}

const CALLEE = `import { Fiber, routine } from "fibril";
export function* inner(n, log) {
  try {
    const first = yield* Fiber.yield(n);
    log(["first", first]);
    const second = yield* Fiber.yield(first + 1);
    return [first, second];
  } catch (error) {
    log(["inner caught", error.message]);
    return yield* Fiber.yield("recovering");
  } finally {
    log("inner ends");
    log(["waited", yield* pause()]);
  }
}
const pause = function* () {
  return yield* idle(2);
};
function* idle(n) {
  return n === 0 ? "idle" : yield* idle(n - 1);
}
export const wrapped = routine("wrapped", function* (n, log) {
  return yield* inner(n, log);
});
export function* deep(n) {
  "use fiber";
  if (n === 0) yield* Fiber.yield("at the bottom");
  return n === 0 ? 0 : 1 + (yield* deep(n - 1));
}
`;

const CALLER = `import { Fiber } from "fibril";
export const outer = (inner, log) => {
  const fn = function* () {
    "use fiber";
    let total = 0;
    for (const n of [1, 2]) {
      try {
        total += Number((yield* inner(n, log))?.[1] ?? 0);
      } catch (error) {
        log(["outer caught", error.message]);
      } finally {
        log(["outer finally", total]);
      }
    }
    return total;
  };
  return fn;
};
`;

const folder = folderWith({});

async function load<T>(name: string, text: string, compiled: boolean): Promise<T> {
  const file = join(folder, `${name}-${compiled}.mjs`);
  const { code, explanations } = transform(text, { file });
  if (compiled) for (const each of explanations) assert.ok(each.compiled, JSON.stringify(each));
  writeFileSync(file, compiled ? code : text);
  return (await import(pathToFileURL(file).href)) as T;
}

const SCRIPTS: readonly (readonly (readonly ["resume" | "raise" | "kill", unknown?])[])[] = [
  [["resume"], ["resume", 5], ["resume", 6], ["resume", 7], ["resume", 8], ["resume"]],
  [
    ["resume"],
    ["raise", new Error("thrown in")],
    ["resume", 1],
    ["resume", 2],
    ["resume", 3],
    ["resume", 4],
  ],
  [["resume"], ["kill"], ["resume", 1]],
  [["resume"], ["resume", 5], ["kill"]],
  [["resume"], ["raise", new Error("one")], ["raise", new Error("two")], ["resume", 1], ["kill"]],
];

function run(
  callee: Callee,
  caller: Caller,
  which: "inner" | "wrapped",
  script: (typeof SCRIPTS)[number],
): unknown[] {
  const trace: unknown[] = [];
  const log = (entry: unknown): void => void trace.push(entry);
  const fiber = new Fiber(caller.outer(callee[which], log) as never) as any;
  for (const [how, value] of script) {
    try {
      const out: unknown = fiber[how](value);
      trace.push([how, out === fiber ? "the fiber" : out]);
    } catch (error) {
      trace.push([how, "threw", (error as Error).message]);
    }
  }
  return trace;
}

test("compiled and plain routines call each other: resume, raise and kill do the same in all combinations", async () => {
  const callees = [
    await load<Callee>("callee", CALLEE, false),
    await load<Callee>("callee", CALLEE, true),
  ];
  const callers = [
    await load<Caller>("caller", CALLER, false),
    await load<Caller>("caller", CALLER, true),
  ];
  for (const script of SCRIPTS) {
    for (const which of ["inner", "wrapped"] as const) {
      const expected = run(callees[0] as Callee, callers[0] as Caller, which, script);
      assert.ok(expected.length > script.length);
      for (const [callee, caller] of [
        [0, 1],
        [1, 0],
        [1, 1],
      ] as const) {
        const actual = run(callees[callee] as Callee, callers[caller] as Caller, which, script);
        assert.deepEqual(actual, expected, `${which}, callee ${callee}, caller ${caller}`);
      }
    }
  }
});

test("a compiled recursion is as deep as memory allows, and is resumed at its innermost call", async () => {
  const { deep } = await load<Callee>("callee", CALLEE, true);
  const fiber = new Fiber(deep as never) as any;
  assert.equal(fiber.resume(200_000), "at the bottom");
  assert.equal(fiber.backtrace().length, 200_001);
  assert.equal(fiber.resume(), 200_000);
});

test("a compiled routine that is called plainly is a generator", async () => {
  const { inner } = await load<Callee>("callee", CALLEE, true);
  const generator = inner(1, () => undefined);
  assert.equal(Object.prototype.toString.call(generator), "[object Generator]");
  assert.equal(generator[Symbol.iterator](), generator);
  assert.deepEqual(generator.return("early"), { value: "early", done: true });
  assert.deepEqual(generator.next(), { value: undefined, done: true });
  assert.throws(() => inner(1).throw(new Error("before the start")), /before the start/);
});

test("a fiber of a compiled routine is one object, in about half of the memory", async () => {
  const gc = (globalThis as { gc?: () => void }).gc;
  assert.ok(gc !== undefined, "run with --expose-gc");
  const text = `import { Fiber } from "fibril";
export const loop = function* () {
  for (let i = 0; ; i++) yield* Fiber.yield(i);
};
`;
  const bytes: number[] = [];
  for (const compiled of [false, true]) {
    const { loop } = await load<{ loop: Routine }>("loop", text, compiled);
    const made = (): AnyFiber[] =>
      Array.from({ length: 20_000 }, () => {
        const fiber = new Fiber(loop as never) as AnyFiber;
        fiber.resume();
        return fiber;
      });
    made();
    gc();
    const before = process.memoryUsage().heapUsed;
    const kept = made();
    gc();
    bytes.push((process.memoryUsage().heapUsed - before) / kept.length);
    assert.equal(kept.at(-1)?.resume(), 1);
  }
  const [plain, compiled] = bytes as [number, number];
  assert.ok(compiled < 0.55 * plain, `${compiled} bytes, plainly ${plain}`);
});
