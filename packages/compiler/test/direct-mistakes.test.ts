/** What a program in direct style is told when a function of it is not compiled. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type FiberError, run, sleep } from "fibril";
import { loadDirect } from "./support/load-direct.js";

type Calls = (work: () => unknown) => () => unknown;
const program = loadDirect<{ calls: Calls }>("export const calls = (work) => () => work();");

/** A function in a module without the directive, with the types of `fibril/direct`. */
const forgets = (): unknown => sleep(1);

test("a function without the directive leaves its op behind: the error asks for the directive", async () => {
  const { calls } = await program;
  const leaves = (): string => {
    forgets();
    return "at once";
  };
  await assert.rejects(run({ name: "main" }, calls(leaves) as never), (error: FiberError) => {
    assert.equal(error.code, "op-not-run");
    assert.match(
      error.message,
      /^sleep\(…\) was created in fiber "main" but never run: is "use fibers" missing there\?/,
    );
    return true;
  });
});

test("one that returns its op is waited for: its caller runs it", async () => {
  const { calls } = await program;
  assert.equal(await run(calls(forgets) as never), undefined);
});

test("a fiber whose own function has no directive says so", async () => {
  const plain = (): string => {
    forgets();
    return "at once";
  };
  await assert.rejects(
    run({ name: "main" }, plain as never),
    /must be a generator function \(function\*\): calling it gave a string: is "use fibers" missing, or the compiler\?/,
  );
});

test("plain code is told that a wait is for fibers", async () => {
  const { calls } = await program;
  assert.throws(() => forgets(), { code: "outside" });
  assert.throws(calls(forgets), { code: "outside" });
});
