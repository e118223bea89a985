/** `main`: small programs in processes of their own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Program } from "./support/program.ts";

/** Signals are not for Windows. */
const options = { skip: process.platform === "win32" };

test("a program that ends in good order has the exit code 0", async () => {
  const { code, out, errors } = await new Program("main", "returns").ended;
  assert.deepEqual([code, out, errors], [0, "done\nafter main\n", ""]);
});

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  test(`${signal} cancels it, waits for its clean-up, and gives ${code}`, options, async () => {
    const program = new Program("main", "waits");
    await program.printed("ready");
    program.signal(signal);
    assert.deepEqual(await program.ended, {
      code,
      signal: null,
      out: "ready\ncleaning\ncleaned\n",
      errors: "",
    });
  });

  test(`a second ${signal} unwinds what is left`, options, async () => {
    const program = new Program("main", "will not end");
    await program.printed("ready");
    program.signal(signal);
    await program.printed("cleaning");
    program.signal(signal);
    const ended = await program.ended;
    assert.deepEqual(
      [ended.code, ended.out, ended.errors],
      [code, "ready\ncleaning\nunwound\n", ""],
    );
  });
}

test(
  "another signal after the first forces it too; the first one's code counts",
  options,
  async () => {
    const program = new Program("main", "will not end");
    await program.printed("ready");
    program.signal("SIGTERM");
    await program.printed("cleaning");
    program.signal("SIGINT");
    assert.equal((await program.ended).code, 143);
  },
);

test("a third signal exits whatever the fibers do", options, async () => {
  const program = new Program("main", "cannot end");
  await program.printed("ready");
  for (const count of [1, 2]) {
    program.signal("SIGTERM");
    await program.printed("signalled\n".repeat(count));
  }
  program.signal("SIGTERM");
  assert.equal((await program.ended).code, 143);
});

test(
  "a program that takes a signal for a good end has its code all the same",
  options,
  async () => {
    const program = new Program("main", "returns when asked to end");
    await program.printed("ready");
    program.signal("SIGINT");
    const { code, out } = await program.ended;
    assert.deepEqual([code, out], [130, "ready\nas you wish\n"]);
  },
);

test("an error of the clean-up is printed, and the signal's code stays", options, async () => {
  const program = new Program("main", "fails in its clean-up");
  await program.printed("ready");
  program.signal("SIGINT");
  const { code, errors } = await program.ended;
  assert.equal(code, 130);
  assert.match(errors, /Error: clean-up failed/);
});

test("an error is printed with the fibers that it came through, after the clean-up: exit code 1", async () => {
  const { code, out, errors } = await new Program("main", "fails").ended;
  assert.deepEqual([code, out], [1, "cleaned\n"]);
  assert.match(errors, /Error: broken\n/);
  assert.match(errors, /\bwork\b.*main\.[jt]s/);
  assert.match(
    errors,
    / {4}in fiber "worker", spawned by fiber "program"\n {4}in fails .*main\.[jt]s.*\n {4}in fiber "program"\n/,
  );
});

test("a program whose fibers wait for nothing lives until it gets a signal", options, async () => {
  const program = new Program("main", "waits for nothing");
  await program.printed("still there");
  program.signal("SIGINT");
  const { code, errors } = await program.ended;
  assert.deepEqual([code, errors], [130, ""]);
});

test("so does one that sleeps for ever", options, async () => {
  const program = new Program("main", "sleeps for ever");
  await program.printed("still there");
  program.signal("SIGTERM");
  const { code, errors } = await program.ended;
  assert.deepEqual([code, errors], [143, ""]);
});

test("SIGUSR2 prints what the fibers do, and the program goes on", options, async () => {
  const program = new Program("main", "is looked at");
  await program.printed("ready");
  program.signal("SIGUSR2");
  const { code, errors } = await program.ended;
  assert.equal(code, 0);
  assert.match(errors, /^4 fibers\nfiber "program" waits for sleep\(200 ms\), \d+ ms so far\n/);
  assert.match(errors, /\n {2}3 × fiber "worker" waits for sleep\(200 ms\), /);
});

test("other runs go on after a normal end", async () => {
  const { code, out } = await new Program("main", "outlives its main").ended;
  assert.deepEqual([code, out], [0, "after main\nlater\n"]);
});

test("where there are no processes, errors are reported to the page", async () => {
  const { out, errors } = await new Program("browser").ended;
  assert.deepEqual([out, errors], ["reported: of the page\nresolved\n", ""]);
});
