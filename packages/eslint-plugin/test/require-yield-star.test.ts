import { eitherWay, inRoutine, withTypes } from "./support/tester.js";

const NAMED = `import { routine, sleep } from "fibril";
function* load(n: number) {
  yield* sleep(n);
  return n;
}
const save = routine("save", function* (n: number) {
  yield* sleep(n);
});
`;

function named(code: string): string {
  return `${NAMED}export function* work() {
  ${code}
}
void load, save;
`;
}

eitherWay("require-yield-star", {
  valid: [
    inRoutine("yield* sleep(1);"),
    inRoutine("const op = sleep(1); yield* op;"),
    inRoutine("spawn(nap); function* nap() { yield* sleep(1); }", "sleep, spawn"),
    inRoutine("defer(sleep(1));", "defer, sleep"),
    // A function that gives an op: its caller writes yield*.
    `import { sleep } from "fibril"; export const nap = () => sleep(1);`,
    `import { sleep } from "fibril"; export function nap() { return sleep(1); }`,
    // Something else of that name.
    "declare function sleep(ms: number): void; export function* work() { sleep(1); yield 1; }",
    "export function* work() { const sleep = (_ms: number) => 1; sleep(1); yield 1; }",
    // Generators of plain code are used in many ways.
    "function* count() { yield 1; } export function* work() { return count(); }",
    "function* count() { yield 1; } export function plain() { count(); }",
    "function* count() { yield 1; } export function* work() { for (const n of count()) yield n; }",
    named("const steps = load(1); steps.next(); yield* steps;"),
    named("for (const step of load(1)) void step;"),
    // A parameter is not the function that it is a parameter of.
    `import { sleep } from "fibril"; export function* work(wake: () => void) { yield* sleep(1); wake(); }`,
    // What never waits is a plain call.
    inRoutine("spawn(function* () { yield* sleep(1); }).cancel();", "sleep, spawn"),
  ],
  invalid: [
    {
      code: inRoutine("sleep(1);"),
      output: inRoutine("yield* sleep(1);"),
      errors: [{ messageId: "opNotRun" }],
    },
    {
      code: inRoutine("Fiber.yield(1);", "Fiber"),
      output: inRoutine("yield* Fiber.yield(1);", "Fiber"),
      errors: [{ messageId: "opNotRun" }],
    },
    {
      code: `import * as fibril from "fibril"; export function* work() { fibril.sleep(1); }`,
      output: `import * as fibril from "fibril"; export function* work() { yield* fibril.sleep(1); }`,
      errors: [{ messageId: "opNotRun" }],
    },
    {
      code: `import { sleep as nap } from "fibril"; export function* work() { nap(1); }`,
      output: `import { sleep as nap } from "fibril"; export function* work() { yield* nap(1); }`,
      errors: [{ messageId: "opNotRun" }],
    },
    {
      code: named("save(1);"),
      output: named("yield* save(1);"),
      errors: [{ messageId: "opNotRun" }],
    },
    {
      code: named("load(1);"),
      errors: [
        {
          messageId: "routineNotRun",
          suggestions: [{ messageId: "addYieldStar", output: named("yield* load(1);") }],
        },
      ],
    },
    {
      code: named("const loaded = load(1);"),
      errors: [
        {
          messageId: "routineNotRun",
          suggestions: [
            { messageId: "addYieldStar", output: named("const loaded = yield* load(1);") },
          ],
        },
      ],
    },
    {
      code: named("return save(1);"),
      errors: [
        {
          messageId: "opNotRun",
          suggestions: [{ messageId: "addYieldStar", output: named("return yield* save(1);") }],
        },
      ],
    },
    {
      code: named("if (save(1) || load(2)) yield* save(3);"),
      errors: [
        {
          messageId: "opNotRun",
          suggestions: [
            {
              messageId: "addYieldStar",
              output: named("if ((yield* save(1)) || load(2)) yield* save(3);"),
            },
          ],
        },
        {
          messageId: "routineNotRun",
          suggestions: [
            {
              messageId: "addYieldStar",
              output: named("if (save(1) || (yield* load(2))) yield* save(3);"),
            },
          ],
        },
      ],
    },
    {
      code: named("const sum = 1 + Number(`${load(1)}`); return sum;"),
      errors: [
        {
          messageId: "routineNotRun",
          suggestions: [
            {
              messageId: "addYieldStar",
              output: named("const sum = 1 + Number(`${yield* load(1)}`); return sum;"),
            },
          ],
        },
      ],
    },
    {
      code: "function* count() { yield 1; } export function* work() { count(); }",
      errors: [
        {
          messageId: "generatorNotRun",
          suggestions: [
            {
              messageId: "addYieldStar",
              output: "function* count() { yield 1; } export function* work() { yield* count(); }",
            },
          ],
        },
      ],
    },
    // Where no yield* can stand, nothing is offered.
    {
      code: inRoutine("[1, 2].forEach((ms) => { sleep(ms); });"),
      errors: [{ messageId: "opNotRun", suggestions: [] }],
    },
    {
      code: `import { sleep } from "fibril"; export function plain() { sleep(1); }`,
      errors: [{ messageId: "opNotRun", suggestions: [] }],
    },
    {
      code: `import { sleep } from "fibril"; export async function* work() { sleep(1); }`,
      errors: [{ messageId: "opNotRun", suggestions: [] }],
    },
    {
      code: `import { sleep } from "fibril"; export function* work(_nap = void sleep(1)) {}`,
      errors: [{ messageId: "opNotRun", suggestions: [] }],
    },
  ],
});

const DECLARED = `import { type Op, type Routine, type Waitable, type Fiber } from "fibril";
declare const line: { receive(): Op<string>; all(): Waitable<string>; each(): Routine<string> };
declare const maybe: (() => Op<string>) | undefined;
declare const fiber: Fiber<[], never, never, number>;
`;

function declared(code: string): string {
  return `${DECLARED}export function* work() {
  ${code}
}
void line, maybe, fiber;
`;
}

withTypes("require-yield-star", {
  valid: [
    declared("const text: string = yield* line.receive(); void text;"),
    declared("const op = line.receive(); return (yield* op).length;"),
    declared("fiber.cancel();"),
    declared("[line.receive].map((each) => each());"),
    // An op of another library.
    "declare class Op<T> { value: T } declare function op(): Op<1>; export function* work() { op(); yield 1; }",
  ],
  invalid: [
    {
      code: declared("line.receive();"),
      output: declared("yield* line.receive();"),
      errors: [{ messageId: "opNotRun" }],
    },
    {
      code: declared("line.all();"),
      output: declared("yield* line.all();"),
      errors: [{ messageId: "opNotRun" }],
    },
    {
      code: declared("fiber.join();"),
      output: declared("yield* fiber.join();"),
      errors: [{ messageId: "opNotRun" }],
    },
    {
      code: declared("maybe?.();"),
      errors: [
        {
          messageId: "opNotRun",
          suggestions: [{ messageId: "addYieldStar", output: declared("(yield* maybe?.());") }],
        },
      ],
    },
    {
      code: declared("line.each();"),
      errors: [
        {
          messageId: "routineNotRun",
          suggestions: [{ messageId: "addYieldStar", output: declared("yield* line.each();") }],
        },
      ],
    },
    {
      code: declared("const { length } = line.receive() as unknown as string; void length;"),
      errors: [
        {
          messageId: "opNotRun",
          suggestions: [
            {
              messageId: "addYieldStar",
              output: declared(
                "const { length } = (yield* line.receive()) as unknown as string; void length;",
              ),
            },
          ],
        },
      ],
    },
    {
      code: declared("for (const each of line.receive()) void each;"),
      errors: [
        {
          messageId: "opNotRun",
          suggestions: [
            {
              messageId: "addYieldStar",
              output: declared("for (const each of yield* line.receive()) void each;"),
            },
          ],
        },
      ],
    },
  ],
});
