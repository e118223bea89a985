/** The calls that a probe gets, and that they change nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Fiber,
  fifo,
  moveOnAfter,
  park,
  type Probe,
  run,
  runSync,
  scope,
  shield,
  sleep,
  spawn,
  supervised,
  unpark,
  yieldNow,
} from "fibril";
import { VirtualHost } from "fibril/testing";
import { activeSchedulers } from "#core/schedule/scheduler";

/** Records its calls, one line each. */
function recorder(): { readonly events: string[]; readonly probe: Probe<Fiber> } {
  const events: string[] = [];
  const tell = (...words: unknown[]) => void events.push(words.join(" "));
  const probe: Probe<Fiber> = {
    spawn: (fiber, parent) => tell("spawn", fiber.name, "by", parent?.name ?? "run"),
    resume: (fiber) => tell("resume", fiber.name),
    suspend: (fiber, what) => tell("suspend", fiber.name, "for", what ?? "others"),
    wake: (fiber) => tell("wake", fiber.name),
    exit: (fiber, ending) => tell("exit", fiber.name, ending),
    cancel: (fiber, reason) => tell("cancel", fiber.name, "because", reason),
  };
  return { events, probe };
}

test("the events of a small program, in their exact order", async () => {
  const { events, probe } = recorder();
  await run({ probe, policy: fifo, host: new VirtualHost(), name: "main" }, function* () {
    const parked = spawn("parked", function* () {
      yield* park();
    });
    const cancelled = spawn("cancelled", function* () {
      yield* sleep(1000);
    });
    const fresh = spawn("fresh", park);
    yield* supervised(function* () {
      const failing = spawn("failing", function* () {
        throw new Error("x");
      });
      fresh.cancel("too late");
      yield* yieldNow();
      unpark(parked);
      cancelled.cancel("enough");
      try {
        yield* failing;
      } catch {
        yield* sleep(5);
      }
      const killed = spawn("killed", park);
      yield* yieldNow();
      killed.kill();
    });
  });
  assert.deepEqual(events, [
    "spawn main by run",
    "resume main",
    "spawn parked by main",
    "spawn cancelled by main",
    "spawn fresh by main",
    "spawn failing by main",
    "cancel fresh because too late",
    "suspend main for others",
    "resume parked",
    "suspend parked for unpark(…)",
    "resume cancelled",
    "suspend cancelled for sleep(1000 ms)",
    "resume fresh",
    "exit fresh cancelled",
    "resume failing",
    "exit failing failed",
    "resume main",
    "wake parked",
    "cancel cancelled because enough",
    "wake cancelled",
    "suspend main for sleep(5 ms)",
    "resume parked",
    "exit parked returned",
    "resume cancelled",
    "exit cancelled cancelled",
    "wake main",
    "resume main",
    "spawn killed by main",
    "suspend main for others",
    "resume killed",
    "suspend killed for unpark(…)",
    "resume main",
    "wake killed",
    "suspend main for its child",
    "resume killed",
    "exit killed killed",
    "wake main",
    "resume main",
    "exit main returned",
  ]);
});

test("every fiber's events make sense: spawned once, resumed in turn, ended once", () => {
  const { events, probe } = recorder();
  runSync({ probe, name: "main" }, function* () {
    for (let n = 0; n < 50; n++) {
      spawn(`f${n}`, function* () {
        for (let m = 0; m < n % 5; m++) yield* yieldNow();
        yield* shield(() => yieldNow());
        if (n % 7 === 0) spawn(`c${n}`, yieldNow);
      });
    }
  });
  const states = new Map<string, string>();
  const before: Record<string, string[]> = {
    spawn: ["none"],
    resume: ["spawn", "wake", "ready"],
    suspend: ["resume"],
    wake: ["suspend"],
    exit: ["resume"],
  };
  for (const event of events) {
    const [hook = "", name = ""] = event.split(" ");
    const state = states.get(name) ?? "none";
    assert.ok(before[hook]?.includes(state), `${event} in state ${state}`);
    // One that only gave way needs no wake.
    states.set(name, event.endsWith("for others") ? "ready" : hook);
  }
  assert.ok([...states.values()].every((state) => state === "exit"));
  assert.equal(states.size, 59);
});

test("a run with a probe has the same result as one without", () => {
  const trace = (probe?: Probe<Fiber>): string => {
    const log: string[] = [];
    runSync({ policy: fifo, ...(probe && { probe }) }, function* () {
      yield* scope(function* () {
        for (const name of "abc") {
          spawn(function* () {
            for (let n = 0; n < 3; n++) {
              log.push(name + n);
              yield* yieldNow();
            }
          });
        }
      });
    });
    return log.join(" ");
  };
  assert.equal(trace(recorder().probe), trace());
});

test("hooks may be left out", () => {
  const spawned: string[] = [];
  runSync({ probe: { spawn: (fiber: Fiber) => void spawned.push(fiber.name) } }, function* main() {
    yield* spawn("child", yieldNow);
  });
  assert.deepEqual(spawned, ["main", "child"]);
});

for (const hook of ["spawn", "resume", "suspend", "wake", "exit", "cancel"] as const) {
  test(`a ${hook} hook that throws is reported once, and the run goes on without the probe`, async () => {
    const reported: unknown[] = [];
    const { events, probe } = recorder();
    const mistake = new Error("of the probe");
    const failing = { ...probe };
    failing[hook] = () => {
      throw mistake;
    };
    const host = new VirtualHost({ report: (error) => reported.push(error) });
    const result = await run({ probe: failing, host, name: "main" }, function* () {
      const child = spawn("child", sleep, 10);
      yield* sleep(5);
      yield* child.cancel();
      return "result";
    });
    assert.equal(result, "result");
    assert.deepEqual(reported, [mistake]);
    assert.ok(!events.includes("exit main returned"), "it is told of nothing after that");
  });
}

test("without a probe, and after one was dropped, a scheduler runs its plain loop", () => {
  const special = (): boolean =>
    [...activeSchedulers].at(-1)?.special ?? assert.fail("a scheduler is active");
  const seen: boolean[] = [];
  function* look() {
    seen.push(special());
    yield* yieldNow();
    seen.push(special());
  }
  runSync(look);
  runSync({ probe: recorder().probe }, look);
  try {
    runSync(
      {
        probe: {
          suspend() {
            throw new Error("dropped");
          },
        },
      },
      look,
    );
  } catch (error) {
    assert.equal((error as Error).message, "dropped");
  }
  assert.deepEqual(seen, [false, false, true, true, true, false]);
});

test("a probe is called once for each fiber that the cancelling of a scope reaches, whatever asked", () => {
  const { events, probe } = recorder();
  const told = (): string[] => events.splice(0).filter((event) => event.startsWith("cancel"));
  runSync({ probe, policy: fifo, name: "main" }, function* () {
    yield* scope(function* (block) {
      const first = spawn("first", park);
      spawn("second", function* () {
        spawn("grandchild", park);
        yield* park();
      });
      yield* yieldNow();
      yield* yieldNow();
      spawn("fresh", park);
      first.cancel("by itself");
      block.cancel("all of it");
    });
    assert.deepEqual(told(), [
      "cancel first because by itself",
      "cancel second because all of it",
      "cancel fresh because all of it",
      "cancel grandchild because all of it",
    ]);
    try {
      yield* scope(function* () {
        spawn("sibling", park);
        spawn("failing", function* () {
          yield* yieldNow();
          throw new Error("x");
        });
      });
    } catch {}
    assert.match(told().join(), /^cancel sibling because [^,]*$/);
  });
});

test("a probe is called for a time limit's cancelling, too", async () => {
  const { events, probe } = recorder();
  await run({ probe, host: new VirtualHost() }, function* () {
    yield* moveOnAfter(5, function* () {
      spawn("late", park);
      yield* park();
    });
  });
  assert.ok(events.includes("cancel late because 5 ms have passed"), events.join("\n"));
});

test("a probe is called when a fiber that ended a block of its own is asked to end itself", () => {
  const { events, probe } = recorder();
  runSync({ probe, policy: fifo, name: "main" }, function* () {
    yield* scope(function* (outer) {
      spawn("child", function* () {
        yield* scope(function* (block) {
          block.cancel("only the block");
          yield* shield(park);
        });
      });
      yield* yieldNow();
      assert.deepEqual(
        events.filter((event) => event.startsWith("cancel")),
        [],
      );
      outer.cancel("all of it");
      const [child] = outer.children;
      unpark(child as Fiber);
    });
  });
  assert.deepEqual(
    events.filter((event) => event.startsWith("cancel")),
    ["cancel child because all of it"],
  );
});
