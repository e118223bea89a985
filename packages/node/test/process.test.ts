/** Processes: their output, their errors, and their end. */
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { failAfter, FiberError, type Op, run, scope, sleep, spawn, yieldNow } from "fibril";
import { exec, ProcessError, spawnProcess } from "@fibril/node";
import { leavesNothing } from "./support/open.ts";
import { all, caught, holds, text } from "./support/streams.ts";

const sh = (script: string) => ["-c", script];

function* thrown(op: () => Op<unknown>) {
  try {
    yield* op();
  } catch (error) {
    return error;
  }
  return undefined;
}

test("exec gives both outputs and the code, and an empty input", async (t) => {
  leavesNothing(t);
  const result = await run(() => exec("sh", sh("cat; echo out; echo err >&2")));
  assert.deepEqual(result, { stdout: "out\n", stderr: "err\n", code: 0 });
});

test("exec gives bytes if it is asked to", async () => {
  const { stdout } = await run(() => exec("printf", ["\\377\\000"], { encoding: "bytes" }));
  assert.deepEqual([...stdout], [255, 0]);
});

test("the folder and the environment are those that are given", async () => {
  const options = { cwd: new URL("file:///"), env: { WORD: "tea", PATH: process.env["PATH"] } };
  const { stdout } = await run(() => exec("sh", sh("pwd; echo $WORD $HOME."), options));
  assert.equal(stdout, "/\ntea .\n");
});

test("a code that is not expected is a ProcessError with the tail of stderr", async (t) => {
  leavesNothing(t);
  const error = await run(() =>
    thrown(() => exec("sh", sh("echo why >&2; echo because >&2; exit 3"))),
  );
  assert.ok(error instanceof ProcessError);
  const { code, signal, stderr, command, args, message } = error;
  assert.deepEqual([code, signal, stderr, command], [3, null, "why\nbecause\n", "sh"]);
  assert.deepEqual(args, sh("echo why >&2; echo because >&2; exit 3"));
  assert.equal(message, "sh has exited with code 3: because");
});

test("codes says which are expected", async () => {
  const code = (script: string, codes: readonly number[] | "any") =>
    run(() => exec("sh", sh(script), { codes })).then(({ code }) => code);
  assert.equal(await code("exit 1", [0, 1]), 1);
  assert.equal(await code("exit 7", "any"), 7);
  assert.equal(await code("kill -9 $$", "any"), null);
  await assert.rejects(code("exit 0", [1]), { name: "ProcessError", code: 0 });
});

test("a signal is a ProcessError, too", async () => {
  const error = await run(() => thrown(() => exec("sh", sh("kill -9 $$"))));
  assert.ok(error instanceof ProcessError);
  assert.deepEqual([error.code, error.signal], [null, "SIGKILL"]);
  assert.equal(error.message, "sh was ended by SIGKILL");
});

test("what cannot be started is one clear error, and leaves nothing", async (t) => {
  leavesNothing(t);
  const file = fileURLToPath(import.meta.url);
  const cases: readonly [string, readonly string[], object, string, string][] = [
    ["no-such-command", [], {}, "ENOENT", "there is no such command"],
    ["ls -l", [], {}, "ENOENT", "there is no such command; arguments go into a list of their own"],
    ["/etc/hostname/x", [], {}, "ENOTDIR", "there is no such command"],
    ["/etc/hostname/x", [], { cwd: "/" }, "ENOTDIR", "there is no such command"],
    ["sh", [], { cwd: "/no/such/folder" }, "ENOENT", "there is no folder /no/such/folder"],
    ["sh", [], { cwd: file }, "ENOTDIR", `${file} is not a folder`],
    ["sh", ["x".repeat(4_000_000)], {}, "E2BIG", ""],
    ["/", [], {}, "EACCES", "permission was denied"],
  ];
  for (const [command, args, options, cause, why] of cases) {
    for (const start of [exec, spawnProcess] as const) {
      const error = await run(() => thrown(() => start(command, args, options)));
      assert.ok(error instanceof ProcessError, command);
      assert.equal((error.cause as NodeJS.ErrnoException).code, cause, error.message);
      assert.ok(error.message.startsWith(`${command} cannot be started: ${why}`), error.message);
      assert.deepEqual([error.code, error.signal, error.stderr], [null, null, ""]);
    }
  }
});

test("bad arguments are refused before anything is started", () => {
  const cases: readonly [() => unknown, RegExp][] = [
    [() => exec(""), /exec takes the name or path of a command/],
    [() => exec("a\0b"), /exec takes the name or path of a command, as a text without NUL/],
    [
      () => exec("ls", ["a", "a\0b"]),
      /exec: argument 2 of ls: it takes a text without NUL, not "a/,
    ],
    [() => exec("ls", [5 as never]), /exec: argument 1 of ls: it takes .*, not 5/],
    [() => exec("ls", Array(1) as string[]), /exec: argument 1 of ls: it takes .*, not undefined/],
    [() => exec("ls", "x" as never), /the arguments of ls/],
    [() => exec("ls", [], { nope: 1 } as never), /exec has no option "nope"/],
    [() => exec("ls", [], { stdin: "pipe" } as never), /exec has no option "stdin"/],
    [() => exec("ls", [], { limit: 0 }), /limit of exec takes/],
    [() => exec("ls", [], { codes: "all" as never }), /codes of exec takes an array/],
    [() => exec("ls", [], { env: { A: "a\0" } }), /env of exec takes/],
    [() => exec("ls", [], { cwd: "a\0" }), /cwd of exec takes/],
    [() => exec("ls", [], { grace: -1 }), /grace of exec takes milliseconds/],
    [() => exec("ls", [], { input: 7 as never }), /input of exec takes/],
    [() => spawnProcess("ls", [], { stdout: "file" as never }), /stdout of spawnProcess takes/],
    [() => spawnProcess("ls", [], { input: "x", stdin: "ignore" }), /either input or stdin/],
  ];
  for (const [call, message] of cases) assert.throws(call, { message });
});

test("too much output is an error, and ends the process", async (t) => {
  leavesNothing(t);
  const code = await run(() => caught(() => exec("yes", [], { limit: 10_000 })));
  assert.equal(code, "overflow");
});

test("the input may be a text, bytes, a stream or something iterable", async (t) => {
  leavesNothing(t);
  const inputs = [
    "grün",
    Buffer.from("grün"),
    Readable.from(["gr", "ün"]),
    ["gr", Buffer.from("ün")],
  ];
  for (const input of inputs) {
    assert.equal((await run(() => exec("cat", [], { input }))).stdout, "grün");
  }
});

test("a process need not read all of its input", async (t) => {
  leavesNothing(t);
  const endless = Readable.from(
    (function* () {
      for (;;) yield "x".repeat(10_000);
    })(),
  );
  for (const input of ["y".repeat(1_000_000), endless]) {
    const { stdout } = await run(() => exec("head", ["-c", "3"], { input }));
    assert.equal(stdout.length, 3);
  }
  assert.equal(endless.destroyed, true);
});

test("an input that fails ends the process, and is what is thrown", async (t) => {
  leavesNothing(t);
  const source = (function* () {
    yield "a";
    throw new Error("the source");
  })();
  assert.equal(await run(() => caught(() => exec("cat", [], { input: source }))), "the source");
});

test("what is written to a process comes back from it, line by line", async (t) => {
  leavesNothing(t);
  await run(function* () {
    const cat = yield* spawnProcess("cat");
    const lines = cat.lines();
    for (const word of ["one", "two"]) {
      yield* cat.stdin.write(`${word}\n`);
      assert.equal(yield* lines.read(), word);
    }
    yield* cat.stdin.end();
    assert.equal(yield* lines.read(), undefined);
    assert.deepEqual(yield* cat.exit(), { code: 0, signal: null });
    assert.deepEqual(cat.status, { code: 0, signal: null });
    assert.equal(cat.toString(), `process ${cat.pid} (cat)`);
  });
});

test("stdin that the process has closed is broken, and so is that of one that has ended", async (t) => {
  leavesNothing(t);
  await run(function* () {
    const closes = yield* spawnProcess("sh", sh("exec 0<&-; echo closed; sleep 10"));
    yield* closes.lines().read();
    let error: unknown;
    try {
      for (;;) {
        yield* closes.stdin.write("x".repeat(10_000));
        yield* yieldNow();
      }
    } catch (thrown) {
      error = thrown;
    }
    assert.ok(error instanceof FiberError && error.code === "broken");
    assert.match(error.message, /^stdin of sh was closed by the process/);
    const ended = yield* spawnProcess("true");
    yield* ended.exit();
    assert.equal(yield* caught(() => ended.stdin.write("x")), "broken");
  });
});

test("a process that does not read makes the writer wait, and one that is not read waits", async (t) => {
  leavesNothing(t);
  await run(function* () {
    const sleeps = yield* spawnProcess("sleep", ["10"]);
    let chunks = 0;
    while (sleeps.stdin.tryWrite("x".repeat(10_000))) chunks++;
    assert.ok(chunks < 100, `${chunks} chunks`);
    const floods = yield* spawnProcess("yes");
    yield* floods.stdout.read(2);
    yield* holds(() => floods.child.stdout!.isPaused());
    assert.equal(floods.status, null);
    // Who reads gets all of it, without a hole.
    const much = (yield* floods.stdout.read(1_000_000))!;
    assert.equal(text(much), "y\n".repeat(500_000));
  });
});

test("stderr that nobody reads does not stop a process, and its tail is kept", async (t) => {
  leavesNothing(t);
  const script = "head -c 3000000 /dev/zero | tr '\\0' x >&2; echo >&2; echo last >&2; exit 2";
  await run(function* () {
    const process = yield* spawnProcess("sh", sh(script));
    const error = yield* thrown(() => process.exit());
    assert.ok(error instanceof ProcessError);
    assert.equal(error.stderr.length, 4_096);
    assert.equal(error.message, "sh has exited with code 2: last");
  });
});

test("exit throws away what nobody has asked to read", async (t) => {
  leavesNothing(t);
  await run(function* () {
    const floods = yield* spawnProcess("sh", sh("head -c 3000000 /dev/zero"));
    // It has filled its pipe, and waits.
    yield* holds(() => floods.child.stdout!.isPaused());
    assert.equal((yield* floods.exit()).code, 0);
    assert.equal(yield* floods.stdout.read(), undefined);
  });
});

test("stderr may be read as stdout is", async (t) => {
  leavesNothing(t);
  await run(function* () {
    const both = yield* spawnProcess("sh", sh("echo out; echo err >&2; exit 1"), {
      stderr: "pipe",
    });
    assert.equal(text(yield* both.stdout.readUntil("\n")), "out\n");
    assert.equal(text(yield* both.stderr.readUntil("\n")), "err\n");
    const error = yield* thrown(() => both.exit());
    assert.equal((error as ProcessError).stderr, "err\n");
  });
});

test("two fibers cannot read one output at once", async (t) => {
  leavesNothing(t);
  await run(function* () {
    const cat = yield* spawnProcess("cat");
    spawn(() => cat.stdout.read());
    yield* yieldNow();
    assert.equal(yield* caught(() => cat.stdout.read()), "busy");
    yield* cat.stdin.end();
  });
});

test("what is not the program's is told so", async (t) => {
  leavesNothing(t);
  await run(function* () {
    const quiet = { stdin: "ignore", stdout: "ignore", stderr: "ignore" } as const;
    const process = yield* spawnProcess("true", [], quiet);
    assert.throws(
      () => process.stdin,
      /stdin of true is not the program's, by the option stdin: "ignore"/,
    );
    assert.throws(() => process.stdout, TypeError);
    assert.throws(() => process.stderr, TypeError);
    yield* process.exit();
    const fed = yield* spawnProcess("cat", [], { input: "x" });
    assert.throws(() => fed.stdin, /by the option input/);
    assert.throws(() => fed.stderr, /by the option stderr: "tail"/);
    assert.deepEqual(yield* all(fed.lines()), ["x"]);
  });
});

test("kill sends a signal, and says whether there was somebody", async (t) => {
  leavesNothing(t);
  await run(function* () {
    const process = yield* spawnProcess("sleep", ["10"]);
    assert.equal(process.kill("SIGHUP"), true);
    assert.deepEqual(yield* process.exit({ codes: "any" }), { code: null, signal: "SIGHUP" });
    assert.equal(process.kill(), false);
    assert.throws(() => process.kill("SIGNONE" as never), TypeError);
  });
});

test("a wait for the exit that is called off leaves the process running", async (t) => {
  leavesNothing(t);
  await run(function* () {
    const process = yield* spawnProcess("sleep", ["10"]);
    assert.equal(yield* caught(() => failAfter(5, () => process.exit())), "timeout");
    assert.equal(process.status, null);
    assert.deepEqual(process.child.listenerCount("exit"), 1);
  });
});

test("a long pipeline ends when its last process does", async (t) => {
  leavesNothing(t);
  const lines = await run(function* () {
    const yes = yield* spawnProcess("yes");
    const numbers = yield* spawnProcess("cat", ["-n"], { input: yes.stdout });
    const head = yield* spawnProcess("head", ["-n", "3"], { input: numbers.stdout });
    return yield* all(head.lines());
  });
  assert.deepEqual(
    lines.map((line) => line.trim()),
    ["1\ty", "2\ty", "3\ty"],
  );
});

test("a hundred processes at once", async (t) => {
  leavesNothing(t);
  let sum = 0;
  await run(() =>
    scope(function* () {
      for (let n = 0; n < 100; n++) {
        spawn(function* () {
          const { stdout } = yield* exec("echo", [String(n)]);
          sum += Number(stdout);
        });
      }
      yield* sleep(0);
    }),
  );
  assert.equal(sum, 4_950);
});
