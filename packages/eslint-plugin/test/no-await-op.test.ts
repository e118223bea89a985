import { eitherWay, withTypes } from "./support/tester.js";

function plain(code: string, imports = "sleep"): string {
  return `import { ${imports} } from "fibril";
function* load(n: number) {
  yield* sleep(n);
  return n;
}
export async function plain() {
  ${code}
}
void load;
`;
}

eitherWay("no-await-op", {
  valid: [
    plain("await run(load, 1);", "run, sleep"),
    plain("await fetch('/');"),
    "declare function sleep(ms: number): Promise<void>; export async function plain() { await sleep(1); }",
  ],
  invalid: [
    { code: plain("await sleep(1);"), errors: [{ messageId: "op", suggestions: [] }] },
    {
      code: plain("return await load(1);"),
      errors: [
        {
          messageId: "routine",
          suggestions: [
            { messageId: "addRun", output: plain("return await run(load, 1);", "sleep, run") },
          ],
        },
      ],
    },
    {
      code: plain("const run = 1; return [await load(run)];"),
      errors: [{ messageId: "routine", suggestions: [] }],
    },
  ],
});

withTypes("no-await-op", {
  valid: [
    plain("await run(load, 1).cancel();", "run, sleep"),
    plain("await createScope().spawn(load, 1).cancel();", "createScope, sleep"),
    plain("await createScope().spawn(load, 1).promise();", "createScope, sleep"),
  ],
  invalid: [
    {
      code: plain("const fiber = createScope().spawn(load, 1); await fiber;", "createScope, sleep"),
      errors: [
        {
          messageId: "fiber",
          suggestions: [
            {
              messageId: "addPromise",
              output: plain(
                "const fiber = createScope().spawn(load, 1); await fiber.promise();",
                "createScope, sleep",
              ),
            },
          ],
        },
      ],
    },
    {
      code: `import { type Op } from "fibril";
export async function plain(line: { receive(): Op<string> }) { return await line.receive(); }`,
      errors: [{ messageId: "op", suggestions: [] }],
    },
  ],
});
