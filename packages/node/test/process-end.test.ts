/** How processes end with their scope, and with the program. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { run, scope, spawn } from "fibril";
import { exec, ProcessError, spawnProcess, tempDir } from "@fibril/node";
import { STOPS, stopped } from "./support/folder.ts";
import { leavesNothing, runs, stateOf } from "./support/open.ts";
import { program } from "./support/program.ts";
import { all, holds } from "./support/streams.ts";

const sh = (script: string) => ["-c", script];

test("a scope that ends asks its process to end, which may clean up", async (t) => {
  leavesNothing(t);
  const script = "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done";
  const seen: string[] = [];
  await run(function* () {
    yield* scope(function* () {
      const process = yield* spawnProcess("sh", sh(script));
      const lines = process.lines();
      yield* lines.read();
      process.kill();
      yield* lines.each((line) => void seen.push(line));
      assert.deepEqual(yield* process.exit(), { code: 0, signal: null });
    });
    const held = yield* scope(function* () {
      const process = yield* spawnProcess("sh", sh(script));
      yield* process.lines().read();
      return process;
    });
    assert.deepEqual(held?.status, { code: 0, signal: null });
  });
  assert.deepEqual(seen, ["bye"]);
});

test("one that does not obey is killed after the grace", async (t) => {
  leavesNothing(t);
  const script = "trap '' TERM; echo up; while :; do sleep 0.01; done";
  for (const grace of [0, 20]) {
    const process = await run(() =>
      scope(function* () {
        const process = yield* spawnProcess("sh", sh(script), { grace });
        yield* process.lines().read();
        return process;
      }),
    );
    assert.deepEqual(process?.status, { code: null, signal: "SIGKILL" });
  }
});

test("a process that was stopped is killed all the same", async (t) => {
  if (process.platform !== "linux") return t.skip("the state of a process is asked of Linux");
  leavesNothing(t);
  const held = await run(() =>
    scope(function* () {
      const process = yield* spawnProcess("sleep", ["10"], { grace: 20 });
      process.kill("SIGSTOP");
      yield* holds(() => stateOf(process.pid) === "T");
      return process;
    }),
  );
  assert.equal(held?.status?.signal, "SIGKILL");
});

const ENDINGS: Readonly<
  Record<
    string,
    (stop: { cancel(reason?: unknown, options?: object): unknown; kill(): unknown }) => unknown
  >
> = {
  "a cancel": (fiber) => fiber.cancel(),
  "a cancel whose grace is over": (fiber) => fiber.cancel("now", { grace: 0 }),
  "a kill": (fiber) => fiber.kill(),
};

for (const [name, stop] of Object.entries(ENDINGS)) {
  test(`${name} ends the process, which is reaped`, async (t) => {
    leavesNothing(t);
    let pid = 0;
    await run(function* () {
      const fiber = spawn(() =>
        scope(function* () {
          const process = yield* spawnProcess("sleep", ["10"]);
          pid = process.pid;
          yield* process.exit();
        }),
      );
      yield* holds(() => pid !== 0);
      stop(fiber);
      yield* holds(() => !fiber.alive);
      yield* holds(() => !runs(pid));
      // Of one that nobody has asked for its code, the system would still know.
      yield* holds(() => !known(pid));
    });
  });
}

function known(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("what a process has started goes on, unless it leads a group", async (t) => {
  leavesNothing(t);
  for (const group of [false, true]) {
    let grandchild = 0;
    let alive: boolean | undefined;
    await run(function* () {
      yield* scope(function* () {
        const script = "sleep 10 >/dev/null 2>&1 & echo $!; wait";
        const process = yield* spawnProcess("sh", sh(script), { group });
        grandchild = Number(yield* process.lines().read());
      });
      alive = runs(grandchild);
    });
    if (!group) process.kill(grandchild, "SIGKILL");
    assert.equal(alive, !group);
  }
});

test("in a group, the grace is also for those whose leader has ended", async (t) => {
  leavesNothing(t);
  await run(function* () {
    const folder = yield* tempDir();
    for (const grace of [60_000, 1]) {
      const file = `${folder}/${grace}`;
      const seconds = grace > 1 ? 0.1 : 600;
      const patient = `trap 'sleep ${seconds}; echo done > ${file}; exit 0' TERM; echo up; while :; do sleep 0.01; done`;
      // The leader obeys at once, and the other a little later.
      const script = `(${patient}) & wait`;
      yield* scope(function* () {
        const process = yield* spawnProcess("sh", sh(script), { group: true, grace });
        yield* process.lines().read();
      });
      assert.equal(existsSync(file), grace > 1);
    }
  });
});

test("a process that left its output to another is told as ended", async (t) => {
  leavesNothing(t);
  await run(() =>
    scope(function* () {
      const process = yield* spawnProcess("sh", sh("sleep 10 & echo why >&2; exit 4"), {
        group: true,
      });
      let error: unknown;
      try {
        yield* process.exit();
      } catch (thrown) {
        error = thrown;
      }
      assert.ok(error instanceof ProcessError);
      assert.deepEqual([error.code, error.stderr], [4, "why\n"]);
    }),
  );
});

/** Operations that are called off at each of their moments. */
const OPERATIONS: Readonly<Record<string, () => Generator<any, unknown, any>>> = {
  *exec() {
    yield* exec("sh", sh("cat; echo x; sleep 0.02; echo y >&2"), { input: "z" });
  },
  *"a process that is written to and read from"() {
    const cat = yield* spawnProcess("cat", [], { stderr: "pipe" });
    yield* cat.stdin.write("a\nb\n");
    yield* cat.lines().read();
    yield* cat.stdin.end();
    yield* all(cat.lines());
    yield* cat.exit();
  },
  *"a write that waits for room"() {
    const process = yield* spawnProcess("sleep", ["10"]);
    for (let n = 0; n < 40; n++) yield* process.stdin.write(Buffer.alloc(100_000));
  },
  *"an input that waits for room"() {
    const input = ["a", "b", "c"].map((word) => word.repeat(500_000));
    const process = yield* spawnProcess("sleep", ["10"], { input });
    yield* process.exit();
  },
  *"a process that cannot be started"() {
    yield* spawnProcess("no-such-command");
  },
  *"a wait for a failure's last words"() {
    yield* exec("sh", sh("echo why >&2; exit 1"));
  },
  *"the end of a scope"() {
    yield* scope(() => spawnProcess("sleep", ["10"], { grace: 10 }));
    yield* scope(() => spawnProcess("sh", sh("sleep 10 & wait"), { group: true }));
  },
};

for (const [name, operation] of Object.entries(OPERATIONS)) {
  for (const how of STOPS) {
    test(`${how} at every moment: ${name}`, async (t) => {
      leavesNothing(t);
      await run(function* () {
        for (let turns = 0; turns < 8; turns++) {
          yield* stopped(how, turns, function* () {
            try {
              yield* operation();
            } catch (error) {
              if (!(error instanceof ProcessError)) throw error;
            }
          });
        }
      });
    });
  }
}

const gone = async (pid: number): Promise<boolean> => {
  await run(() => holds(() => !runs(pid)));
  return true;
};

test("a program that exits in the middle kills its processes", async (t) => {
  const { says, ended } = program(
    t,
    `run(function* () {
      const child = yield* spawnProcess("sleep", ["600"], { stdout: "ignore" });
      console.log("pid " + child.pid);
      yield* sleep(20);
      process.exit(9);
    });`,
  );
  const pid = Number((await says(/pid (\d+)/))[1]);
  assert.equal((await ended).code, 9);
  assert.equal(await gone(pid), true);
});

test("Ctrl-C under main lets a process in a group of its own clean up", async (t) => {
  const { child, says, ended } = program(
    t,
    `await main(function* () {
      const child = yield* spawnProcess("sh", ["-c", "trap 'echo cleaned; exit 0' TERM; echo up; while :; do sleep 0.01; done"], { group: true });
      const lines = child.lines();
      yield* lines.read();
      child.child.stdout.on("data", (chunk) => process.stdout.write(chunk));
      console.log("pid " + child.pid);
      yield* child.exit();
    });`,
  );
  const pid = Number((await says(/pid (\d+)/))[1]);
  child.kill("SIGINT");
  await says(/cleaned/);
  assert.equal((await ended).code, 130);
  assert.equal(await gone(pid), true);
});

test("a second Ctrl-C does not wait for the grace", async (t) => {
  const { child, says, ended } = program(
    t,
    `await main(function* () {
      const child = yield* spawnProcess("sh", ["-c", "trap 'echo asked' TERM; echo up; while :; do sleep 0.01; done"], { grace: 600_000 });
      const lines = child.lines();
      yield* lines.read();
      child.child.stdout.on("data", (chunk) => process.stdout.write(chunk));
      console.log("pid " + child.pid);
      yield* child.exit();
    });`,
  );
  const pid = Number((await says(/pid (\d+)/))[1]);
  child.kill("SIGINT");
  await says(/asked/);
  child.kill("SIGINT");
  assert.equal((await ended).code, 130);
  assert.equal(await gone(pid), true);
});
