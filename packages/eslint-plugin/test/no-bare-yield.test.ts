import { eitherWay, inRoutine, withTypes } from "./support/tester.js";

eitherWay("no-bare-yield", {
  valid: [
    inRoutine("yield* sleep(1);"),
    inRoutine("yield* until(fetch('/'));", "until"),
    // Plain generators yield what they like.
    "export function* work() { yield fetch('/'); }",
    "function* count() { yield 1; } export function* work() { yield count(); yield; }",
    // So do the routines of other libraries, which take promises.
    "export async function* work() { yield Promise.resolve(1); }",
  ],
  invalid: [
    {
      code: inRoutine("yield sleep(1);"),
      output: inRoutine("yield* sleep(1);"),
      errors: [{ messageId: "op" }],
    },
    {
      code: inRoutine("const got = (yield Fiber.yield(1)) as number; return got;", "Fiber"),
      output: inRoutine("const got = (yield* Fiber.yield(1)) as number; return got;", "Fiber"),
      errors: [{ messageId: "op" }],
    },
    {
      code: inRoutine("yield* sleep(1); yield fetch('/');"),
      errors: [
        {
          messageId: "promise",
          suggestions: [
            {
              messageId: "addUntil",
              output: inRoutine("yield* sleep(1); yield* until(fetch('/'));", "sleep, until"),
            },
          ],
        },
      ],
    },
    {
      code: `import { type Routine } from "fibril";
export function* work(): Routine { yield Promise.resolve(1); }`,
      errors: [
        {
          messageId: "promise",
          suggestions: [
            {
              messageId: "addUntil",
              output: `import { type Routine, until } from "fibril";
export function* work(): Routine { yield* until(Promise.resolve(1)); }`,
            },
          ],
        },
      ],
    },
    {
      code: inRoutine("yield* sleep(1); yield nap(); function* nap() { yield* sleep(1); }"),
      errors: [
        {
          messageId: "routine",
          suggestions: [
            {
              messageId: "addStar",
              output: inRoutine(
                "yield* sleep(1); yield* nap(); function* nap() { yield* sleep(1); }",
              ),
            },
          ],
        },
      ],
    },
    // A function that Fibril runs is a routine, whatever it does.
    {
      code: `import { run } from "fibril"; void run(function* () { yield new Promise<void>(() => {}); });`,
      errors: [
        {
          messageId: "promise",
          suggestions: [
            {
              messageId: "addUntil",
              output: `import { run, until } from "fibril"; void run(function* () { yield* until(new Promise<void>(() => {})); });`,
            },
          ],
        },
      ],
    },
    // `until` is something else there: nothing is offered.
    {
      code: inRoutine("const until = 1; yield* sleep(until); yield fetch('/');"),
      errors: [{ messageId: "promise", suggestions: [] }],
    },
  ],
});

withTypes("no-bare-yield", {
  valid: [],
  invalid: [
    {
      code: inRoutine(
        "const fiber = spawn(nap); yield fiber; yield fiber.cancel(); function* nap() {}",
        "spawn",
      ),
      output: inRoutine(
        "const fiber = spawn(nap); yield* fiber; yield* fiber.cancel(); function* nap() {}",
        "spawn",
      ),
      errors: [{ messageId: "fiber" }, { messageId: "fiber" }],
    },
    {
      code: `import { type Op } from "fibril";
export function* work(op: Op<number>) { yield op; }`,
      output: `import { type Op } from "fibril";
export function* work(op: Op<number>) { yield* op; }`,
      errors: [{ messageId: "op" }],
    },
    {
      code: inRoutine(
        "const client = { get: async () => 1 }; yield* sleep(1); yield client.get();",
      ),
      errors: [
        {
          messageId: "promise",
          suggestions: [
            {
              messageId: "addUntil",
              output: inRoutine(
                "const client = { get: async () => 1 }; yield* sleep(1); yield* until(client.get());",
                "sleep, until",
              ),
            },
          ],
        },
      ],
    },
  ],
});
