import { eitherWay, inRoutine } from "./support/tester.js";

eitherWay("no-generator-closure-in-loop", {
  valid: [
    inRoutine(
      "for (let i = 0; i < 3; i++) spawn(worker, i); function* worker(n: number) { yield* sleep(n); }",
      "sleep, spawn",
    ),
    inRoutine("spawn(function* () { yield* sleep(1); });", "sleep, spawn"),
    // One at a time: none is kept.
    inRoutine(
      "for (;;) yield* moveOnAfter(1, function* () { yield* sleep(2); });",
      "moveOnAfter, sleep",
    ),
    // Evaluated once.
    inRoutine(
      "for (let i = spawn(function* () { yield* sleep(1); }); i.status;) break;",
      "sleep, spawn",
    ),
    inRoutine(
      "for (let i = 0; i < 3; i++) start(i); function start(n: number) { spawn(function* () { yield* sleep(n); }); }",
      "sleep, spawn",
    ),
    inRoutine("for (let i = 0; i < 3; i++) [1].map(function* () {});"),
  ],
  invalid: [
    {
      code: inRoutine(
        "for (let i = 0; i < 3; i++) spawn(function* () { yield* sleep(i); });",
        "sleep, spawn",
      ),
      errors: [{ messageId: "closure", suggestions: [] }],
    },
    {
      code: inRoutine(
        "for (const ms of [1, 2]) spawn(function* nap(n: number) { yield* sleep(n); }, ms);",
        "sleep, spawn",
      ),
      errors: [
        {
          messageId: "closure",
          suggestions: [
            {
              messageId: "hoist",
              output: inRoutine(
                "function* nap(n: number) { yield* sleep(n); }\n  for (const ms of [1, 2]) spawn(nap, ms);",
                "sleep, spawn",
              ),
            },
          ],
        },
      ],
    },
    {
      code: inRoutine(
        "while (Math.random() > 0.5) daemon(function* () { yield* sleep(1); });",
        "daemon, sleep",
      ),
      errors: [
        {
          messageId: "closure",
          suggestions: [
            {
              messageId: "hoist",
              output: inRoutine(
                "const worker = function* () { yield* sleep(1); };\n  while (Math.random() > 0.5) daemon(worker);",
                "daemon, sleep",
              ),
            },
          ],
        },
      ],
    },
    {
      code: inRoutine(
        "yield* scope(function* (all) { for (const ms of [1]) all.spawn(function* () { yield* sleep(ms); }); });",
        "scope, sleep",
      ),
      errors: [{ messageId: "closure", suggestions: [] }],
    },
    {
      code: inRoutine(
        "do { new Fiber(function* () { yield* Fiber.yield(1); }); } while (true);",
        "Fiber",
      ),
      errors: [
        {
          messageId: "closure",
          suggestions: [
            {
              messageId: "hoist",
              output: inRoutine(
                "const worker = function* () { yield* Fiber.yield(1); };\n  do { new Fiber(worker); } while (true);",
                "Fiber",
              ),
            },
          ],
        },
      ],
    },
    // The name is taken.
    {
      code: inRoutine(
        "const worker = 1; while (worker) spawn(function* () { yield* sleep(1); });",
        "sleep, spawn",
      ),
      errors: [{ messageId: "closure", suggestions: [] }],
    },
  ],
});
