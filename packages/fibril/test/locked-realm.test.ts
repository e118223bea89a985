/** Realms that were locked down before the library came: SES, Node's own way, Temporal's. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Program } from "./support/program.ts";

const host = globalThis as { Deno?: unknown; Bun?: unknown };
const free = new Program("locked-realm").ended;

async function runsAsElsewhere(program: Program): Promise<void> {
  const { code, out, errors } = await program.ended;
  assert.deepEqual({ code, out, errors }, { code: 0, out: (await free).out, errors: "" });
}

test("the program says what it does, where nothing is locked", async () => {
  const { code, out, errors } = await free;
  assert.deepEqual([code, errors], [0, ""]);
  assert.match(out, /^yielded\nRangeError\nunwound\nFiberError: /);
  assert.match(out, /\nmoved on\nTimeoutError\ntrue\ndumped\nCancelled\ntrue\nAggregateError\n/);
  assert.match(out, /\n3 starts\nnone\nacquired\ndeferred\nwoken\nDeadlockError\ntrue\n$/);
});

for (const lock of ["Error.prototype", "Error.stackTraceLimit", "all intrinsics"]) {
  const late = "Deno loads node:module late, and cannot once the intrinsics are frozen";
  const skip = host.Deno !== undefined && lock === "all intrinsics" && late;
  test(`it does the same with ${lock} frozen`, { skip }, () =>
    runsAsElsewhere(new Program("locked-realm", lock)),
  );
}

const node = {
  skip: host.Deno === undefined && host.Bun === undefined ? false : "an option of Node's",
};
test("it does the same under node --frozen-intrinsics", node, () =>
  runsAsElsewhere(
    new Program({ name: "locked-realm", flags: ["--frozen-intrinsics", "--no-warnings"] }),
  ),
);
