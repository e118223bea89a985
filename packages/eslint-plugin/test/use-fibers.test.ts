import { eitherWay } from "./support/tester.js";

const IMPORT = 'import { run, sleep, spawn } from "fibril/direct";\n';
const missing = (code: string) => ({
  code,
  errors: [
    {
      messageId: "missing",
      suggestions: [{ messageId: "addDirective", output: `"use fibers";\n${code}` }],
    },
  ],
});
const outside = (code: string, why: string) => ({
  code: `"use fibers";\n${IMPORT}${code}`,
  errors: [{ messageId: "outside", data: { name: "sleep", why } }],
});

eitherWay("use-fibers", {
  valid: [
    `"use fibers";\n${IMPORT}void run(() => { sleep(1); spawn(() => sleep(2)); });`,
    `${IMPORT}export function work() { "use fibers"; const inner = () => sleep(1); inner(); }`,
    `"use fibers";\n${IMPORT}export class A { work() { sleep(1); } static x = () => sleep(1); }`,
    // Plain code may start fibers, and name types and errors.
    'import { FiberError, run } from "fibril/direct"; void run(() => {}); void FiberError;',
    'import type { Channel } from "fibril/direct"; export type Numbers = Channel<number>;',
    'import { type Channel, run } from "fibril/direct"; void run(() => {}); export type Numbers = Channel<number>;',
    'import { sleep } from "fibril"; export function* work() { yield* sleep(1); }',
    'import { listener, reply } from "@fibril/node/direct"; export const answer = listener(() => reply("plain"));',
    'import { main } from "fibril/direct"; import { app } from "./app.js"; await main(app);',
    'import { run } from "fibril/direct"; export const work = () => 1; void run(work); void run(function* () { work(); });',
    // Another function of the name.
    `"use fibers";\n${IMPORT}export async function work(sleep: (n: number) => void) { sleep(1); }`,
  ],
  invalid: [
    missing(`${IMPORT}void run(() => { sleep(1); spawn(() => {}); });`),
    missing('import * as fibers from "fibril/direct"; void fibers.run(() => fibers.sleep(1));'),
    missing(
      'import { Channel } from "fibril/direct"; export const numbers = new Channel<number>();',
    ),
    missing(
      'import { main } from "fibril/direct"; import { crawl } from "./crawl.js"; await main(() => { crawl(); });',
    ),
    missing(
      'import { run } from "fibril/direct"; export const work = () => 1; void run(() => work());',
    ),
    missing(
      'import { exec } from "@fibril/node/direct"; export const list = () => exec("ls").stdout;',
    ),
    missing(
      'import { settled } from "fibril/direct"; export const both = () => settled([() => 1, () => 2]);',
    ),
    outside("sleep(1);", "the top of a module is plain code"),
    {
      code: '"use fibers";\nimport { openPool } from "fibril/direct";\nexport const pool = openPool({ create: () => 1, limit: 1 });',
      errors: [
        {
          messageId: "outside",
          data: { name: "openPool", why: "the top of a module is plain code" },
        },
      ],
    },
    {
      code: '"use fibers";\nimport { readText } from "@fibril/node/direct";\nexport async function text(of: Request) { return readText(of); }',
      errors: [
        {
          messageId: "outside",
          data: { name: "readText", why: "an async function is not in direct style" },
        },
      ],
    },
    outside(
      "export async function work() { sleep(1); }",
      "an async function is not in direct style",
    ),
    outside("export function* work() { sleep(1); }", "a generator waits with yield*"),
    outside(
      "export class A { constructor() { sleep(1); } }",
      "a constructor is not in direct style",
    ),
    outside(
      "export const it = { get n() { sleep(1); return 1; } };",
      "an accessor is not in direct style",
    ),
    outside(
      "export class A { static n = sleep(1); }",
      "a class initialises its fields and static blocks in plain code",
    ),
    {
      code: `${IMPORT}export function work() { "use fibers"; sleep(1); }\nexport const other = () => sleep(1);`,
      errors: [
        {
          messageId: "outside",
          data: { name: "sleep", why: 'no function around begins with "use fibers"' },
        },
      ],
    },
  ],
});
