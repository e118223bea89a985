/** Hosts that are half of what they seem to be. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Program } from "./support/program.ts";

const deno = (globalThis as { Deno?: unknown }).Deno !== undefined;

for (const lack of ["setImmediate", "most of process", "both of them"]) {
  const skip =
    deno && lack !== "most of process" && "an open port keeps Deno, which has setImmediate";
  test(`where ${lack} is missing the library works, and the process ends`, { skip }, async () => {
    const { code, out, errors } = await new Program("bare-host", lack).ended;
    assert.deepEqual({ code, out, errors }, { code: 0, out: "ran\n", errors: "" });
  });
}
