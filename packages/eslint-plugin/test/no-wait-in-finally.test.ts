import { eitherWay, inRoutine, withTypes } from "./support/tester.js";

const SHIELDED =
  "try { yield* sleep(1); } finally { yield* shield(function* () { yield* sleep(2); }); }";

eitherWay("no-wait-in-finally", {
  valid: [
    inRoutine(SHIELDED, "sleep, shield"),
    inRoutine("try { yield* sleep(1); } finally { console.log('closed'); }"),
    inRoutine("try { yield* Fiber.yield(1); } finally { yield* Fiber.yield(2); }", "Fiber"),
    inRoutine("try { yield* sleep(1); } finally { defer(sleep(2)); }", "defer, sleep"),
    inRoutine(
      "try { yield* sleep(1); } finally { spawn(function* () { yield* sleep(2); }); }",
      "sleep, spawn",
    ),
    // Clean-up that shields itself, and clean-up that no request reaches anyway.
    inRoutine(
      "try { yield* sleep(1); } finally { yield* close(); } function* close() { yield* shield(function* () { yield* sleep(2); }); }",
      "shield, sleep",
    ),
    inRoutine(
      "defer(close); function* close() { try { yield* sleep(1); } finally { yield* sleep(2); } }",
      "defer, sleep",
    ),
    inRoutine(
      "yield* resource(open, function* () { try { yield* sleep(1); } finally { yield* sleep(2); } }); function* open() {}",
      "resource, sleep",
    ),
    "function* count() { yield 1; } export function* plain() { try { yield 0; } finally { yield* count(); } }",
  ],
  invalid: [
    {
      code: inRoutine("try { yield* sleep(1); } finally { yield* sleep(2); }"),
      errors: [
        {
          messageId: "unshielded",
          suggestions: [{ messageId: "wrap", output: inRoutine(SHIELDED, "sleep, shield") }],
        },
      ],
    },
    // A parameter that is deferred is not the function itself.
    {
      code: `import { defer, sleep } from "fibril";
export default function* (close: () => void) { defer(close); try { yield* sleep(1); } finally { const done = yield* sleep(2); void done; } }`,
      errors: [{ messageId: "unshielded", suggestions: [] }],
    },
    // Where the result is needed, or `this`, nothing is offered.
    {
      code: inRoutine(
        "try { yield* sleep(1); } finally { const done = yield* sleep(2); void done; }",
      ),
      errors: [{ messageId: "unshielded", suggestions: [] }],
    },
    {
      code: `import { sleep } from "fibril";
export class Session { ms = 1; *run() { try { yield* sleep(1); } finally { yield* sleep(this.ms); } } }`,
      errors: [{ messageId: "unshielded", suggestions: [] }],
    },
    // Each wait once, however deep.
    {
      code: inRoutine(
        "try { yield* sleep(1); } finally { try { yield* sleep(2); } finally { yield* sleep(3); } }",
      ),
      errors: [
        {
          messageId: "unshielded",
          suggestions: [
            {
              messageId: "wrap",
              output: inRoutine(
                "try { yield* sleep(1); } finally { try { yield* shield(function* () { yield* sleep(2); }); } finally { yield* sleep(3); } }",
                "sleep, shield",
              ),
            },
          ],
        },
        {
          messageId: "unshielded",
          suggestions: [
            {
              messageId: "wrap",
              output: inRoutine(
                "try { yield* sleep(1); } finally { try { yield* sleep(2); } finally { yield* shield(function* () { yield* sleep(3); }); } }",
                "sleep, shield",
              ),
            },
          ],
        },
      ],
    },
    {
      code: inRoutine(
        "yield* scope(function* () { try { yield* sleep(1); } finally { if (true) yield* sleep(2); } });",
        "scope, sleep",
      ),
      errors: [
        {
          messageId: "unshielded",
          suggestions: [
            {
              messageId: "wrap",
              output: inRoutine(
                "yield* scope(function* () { try { yield* sleep(1); } finally { if (true) yield* shield(function* () { yield* sleep(2); }); } });",
                "scope, sleep, shield",
              ),
            },
          ],
        },
      ],
    },
  ],
});

withTypes("no-wait-in-finally", {
  valid: [],
  invalid: [
    {
      code: inRoutine(
        "const fiber = spawn(function* () {}); try { yield* fiber; } finally { yield* fiber.cancel(); }",
        "spawn",
      ),
      errors: [
        {
          messageId: "unshielded",
          suggestions: [
            {
              messageId: "wrap",
              output: inRoutine(
                "const fiber = spawn(function* () {}); try { yield* fiber; } finally { yield* shield(function* () { yield* fiber.cancel(); }); }",
                "spawn, shield",
              ),
            },
          ],
        },
      ],
    },
  ],
});
