/** Which functions are taken for routines, and what is said of those that are not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { transform } from "@fibril/compiler";

const UNKNOWN = "nothing shows that a fiber runs it";

/** Source, and for each generator function in it what is said: null if it was compiled. */
const CASES: Readonly<Record<string, readonly [source: string, ...reasons: (string | null)[]]>> = {
  "an argument of a call of the library": [
    `import { run } from "fibril"; run(function* () { yield* f(); });`,
    null,
  ],
  "an argument of a constructor, from an entry of the library": [
    `import { Fiber } from "fibril/slim"; new Fiber(function* () { yield* f(); });`,
    null,
  ],
  "a handler of a server": [
    `import { serve } from "@fibril/node"; serve({}, function* () { yield* f(); });`,
    null,
  ],
  "a wait for a call of the server's library": [
    `import { acceptWebSocket } from "@fibril/node/ws"; function* f(r) { yield* acceptWebSocket(r); }`,
    null,
  ],
  "what a routine waits for": [
    `import { sleep } from "fibril"; function* f() { yield* g(); yield* sleep(1); } function* g() { yield* h(); }`,
    null,
    null,
  ],
  "the directive": [`function* f() { "use fiber"; yield* g(); }`, null],
  "a function with a label, which is hoisted": [
    `function* f() { "use fiber"; yield* g(); l: function h() {} }`,
    "a function with a label",
  ],
  "a value in the head of a for-in, which only sloppy code has": [
    `function* f() { "use fiber"; for (var i = yield* g() in {}); }`,
    "a value in the head of a for-in",
  ],
  "a variable that hides undefined, which the output needs": [
    `function* f() { "use fiber"; let undefined = yield* g(); }`,
    "its file declares undefined",
  ],
  "another package of a similar name": [
    `import { run } from "fibrils"; import { sleep } from "fibril"; run(function* () { yield* f(); });`,
    UNKNOWN,
  ],
  "an ordinary iterator": [
    `import { run } from "fibril"; export function* f() { yield 1; } run(f);`,
    "it has a yield without a star, as an ordinary iterator",
  ],
};

for (const [name, [source, ...reasons]] of Object.entries(CASES)) {
  test(name, () => {
    const { explanations } = transform(source, { file: "a.mjs" });
    assert.deepEqual(
      explanations.map(({ reason }) => reason ?? null),
      reasons,
    );
  });
}
