/**
 * How calls without frames end: in a killed fiber, after an op that was refused, in a task that is cancelled; and what they
 * leave behind.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Fiber, run } from "fibril";
import { load, type Program, same } from "./support/both-ways.js";

test("a call in the finally of a killed fiber", async () => {
  const trace = await same(
    `
  function* cleans(n) { "use fiber"; return n === 0 ? yield* idle() : 1 + (yield* cleans(n - 1)); }
  function* idle() { "use fiber"; return 1; }
  function* top() {
    "use fiber";
    try {
      yield* waits();
    } finally {
      log(["cleaned", yield* cleans(3)]);
    }
  }
  function* waits() {
    "use fiber";
    try {
      yield* Fiber.yield("waiting");
    } finally {
      log(["inner", yield* cleans(2)]);
    }
  }
  return top;`,
    (fiber, log) => {
      log(fiber.resume());
      fiber.kill();
      log(fiber.alive);
    },
  );
  assert.deepEqual(trace, ["waiting", ["inner", 3], ["cleaned", 4], false]);
});

test("a call in the finally of a killed fiber leaves the fiber, which comes back", async () => {
  for (const returns of ["resume", "raise", "kill"]) {
    await same(
      `
  function* cleans(n) {
    "use fiber";
    try {
      return n === 0 ? yield* Fiber.yield("cleaning") : yield* cleans(n - 1);
    } finally {
      log(["inner", n]);
    }
  }
  return function* () {
    "use fiber";
    try {
      yield* Fiber.yield("waiting");
    } finally {
      try {
        log(["cleaned", yield* cleans(2)]);
      } finally {
        log("over");
      }
    }
  };`,
      (fiber, log) => {
        log(fiber.resume());
        for (const how of ["kill", returns]) {
          try {
            const out: unknown = fiber[how](new Error("given"));
            log(out === fiber ? "the fiber" : out);
          } catch (error) {
            log((error as Error).message);
          }
        }
        log(fiber.alive);
      },
    );
  }
});

/** Kills the fiber at its first wait, and resumes it as long as it is alive. */
const killed: Parameters<typeof same>[1] = (fiber, log) => {
  log(fiber.resume());
  log(fiber.kill() === fiber);
  for (let n = 0; n < 5 && fiber.alive; n++) log(fiber.resume(n));
  log(fiber.alive);
};

test("a kill goes on after a call whose finally jumped, or returned", async () => {
  for (const leaves of ["break", "return 5", "continue"]) {
    for (const waits of ["", 'log(yield* Fiber.yield("in the finally"));']) {
      await same(
        `
  function* jumps() {
    "use fiber";
    for (const n of [1, 2]) {
      try {
        log(yield* Fiber.yield(n));
      } finally {
        ${waits}
        ${leaves};
      }
    }
    return "jumped";
  }
  return function* () {
    "use fiber";
    try {
      log(["got", yield* jumps()]);
      log(["got", yield* jumps()]);
    } finally {
      log("over");
    }
    return "all";
  };`,
        killed,
      );
    }
  }
});

test("a kill goes on after a call of a generator that is not compiled, whose finally jumped or returned", async () => {
  for (const leaves of ["break", "return 5", "continue", ""]) {
    for (const waits of ["", 'log(yield* Fiber.yield("in the finally"));']) {
      const jumps = `return function* () { for (const n of [1, 2]) {
        try { log(yield* Fiber.yield(n)); } finally { ${waits} ${leaves} }
      }
      return "jumped"; }`;
      // A function made from a text is not compiled.
      await same(
        `
  const jumps = new Function("log", "Fiber", ${JSON.stringify(jumps)})(log, Fiber);
  function* calls() {
    "use fiber";
    log(["got", yield* jumps()]);
  }
  return function* () {
    "use fiber";
    try {
      log(["got", yield* calls()]);
      log(["got", yield* jumps()]);
    } finally {
      log("over");
    }
    return "all";
  };`,
        killed,
      );
    }
  }
});

test("a kill goes on after a call whose finally threw, whatever its caller does about the error", async () => {
  const ends = [
    'try { yield* throws(); } catch (error) { log(error.message); } return "caught";',
    'try { yield* throws(); } finally { return "returned"; }',
    "out: try { yield* throws(); } finally { break out; }",
    'try { yield* throws(); } catch { log(yield* Fiber.yield("in the catch")); log("never"); }',
    "yield* throws();",
  ];
  for (const text of ends) {
    for (const waits of ["", 'yield* Fiber.yield("in the finally");']) {
      await same(
        `
  function* throws() {
    "use fiber";
    try {
      yield* Fiber.yield(1);
    } finally {
      ${waits}
      throw new Error("thrown");
    }
  }
  function* calls() {
    "use fiber";
    ${text}
  }
  return function* () {
    "use fiber";
    try {
      log(["got", yield* calls()]);
      log(["got", yield* calls()]);
    } finally {
      log("over");
    }
    return "all";
  };`,
        (fiber, log) => {
          log(fiber.resume());
          for (let n = 0; n < 5 && fiber.alive; n++) {
            try {
              const out: unknown = n === 0 ? fiber.kill() : fiber.resume(n);
              log(out === fiber ? "the fiber" : out);
            } catch (error) {
              log((error as Error).message);
            }
          }
          log(fiber.alive);
        },
      );
    }
  }
});

test("what cannot be waited for is named", async () => {
  const text = `
  return function* () {
    "use fiber";
    for (const value of [undefined, null, 5, true, Symbol("s"), {}, () => {}, Promise.resolve()]) {
      try { yield* value; } catch (error) { log(error.message); }
      try { for (const each of value) yield* Fiber.yield(each); } catch (error) { log(error.message); }
    }
  };`;
  const { program } = await load<{ program: Program }>(
    `import { Fiber } from "fibril";\nexport function program(log) {${text}}`,
    true,
  );
  const said: unknown[] = [];
  new Fiber(program((entry) => void said.push(entry)) as never).resume();
  const names = ["undefined", "null", "5", "true", "Symbol(s)", "the object"];
  assert.deepEqual(
    said,
    [...names, "the object", "the object"].flatMap((name) =>
      Array(2).fill(`${name} is not iterable`),
    ),
  );
});

test("a kill ends at an iterator whose return is null", async () => {
  const trace = await same(
    `
  return function* () {
    "use fiber";
    try {
      yield* { [Symbol.iterator]: () => ({ next: () => Fiber.yield(1).next(), return: null }) };
    } finally {
      log("over");
    }
  };`,
    (fiber, log) => {
      log(fiber.resume());
      fiber.kill();
      log(fiber.alive);
    },
  );
  assert.deepEqual(trace, [1, "over", false]);
});

test("a call whose op is refused leaves nothing behind", async () => {
  const text = `
  function* refused() {
    "use fiber";
    const kept = "kept";
    try {
      yield* Fiber.transfer(Fiber.current.other);
    } catch (error) {
      log(error.constructor.name);
    }
    return [kept, yield* Fiber.yield("goes on")];
  }
  return function* () {
    "use fiber";
    return ["top", yield* refused()];
  };`;
  const trace = await same(text, (fiber, log) => {
    fiber.other = "no fiber";
    log(fiber.resume());
    log(fiber.resume("value"));
  });
  assert.deepEqual(trace.at(-1), ["top", ["kept", "value"]]);
});

test("a call may run other fibers, which suspend in calls of their own", async () => {
  await same(
    `
  function* leaf(n) { "use fiber"; return yield* Fiber.yield(n); }
  function* other(n) { "use fiber"; return ["other", yield* leaf(n)]; }
  function* top() {
    "use fiber";
    const inner = new Fiber(other);
    log(inner.resume(7));
    const got = yield* between(inner);
    return [got, inner.alive];
  }
  function* between(inner) {
    const before = yield* leaf("before");
    log(inner.resume("for the other"));
    return [before, yield* leaf("after")];
  }
  return top;`,
    (fiber, log) => {
      for (let n = 0; n < 10 && fiber.alive; n++) log(fiber.resume(n));
    },
  );
});

test("an error of a call that has not suspended names its callers", async () => {
  const { program } = await load<{ program: Program }>(
    `export function program() {
  function* outer() { "use fiber"; return yield* inner(); }
  function* inner() { "use fiber"; throw new Error("deep"); }
  return outer;
}`,
    true,
  );
  const fiber = new Fiber(program(() => undefined) as never) as any;
  assert.throws(
    () => fiber.resume(),
    (error: Error) => /inner[\s\S]*outer/.test(error.stack ?? ""),
  );
});

test("in a task: a call waits, is cancelled, and its scope ends", async () => {
  const text = `import { park, scope, sleep, spawn, unpark } from "fibril";
export const program = (log) => function* () {
  function* parks(n) {
    try {
      return n + (yield* park());
    } finally {
      log(["left", n]);
    }
  }
  function* caller(n) {
    return [n, yield* parks(n)];
  }
  return yield* scope(function* ({ spawn }) {
    const first = spawn(caller, 1);
    const second = spawn(caller, 2);
    yield* sleep(0);
    unpark(first, 10);
    log(yield* first.join());
    second.cancel();
    return "over";
  });
};
`;
  const found: unknown[][] = [];
  for (const compiled of [false, true]) {
    const { program } = await load<{ program: (log: (entry: unknown) => void) => never }>(
      text,
      compiled,
    );
    const trace: unknown[] = [];
    trace.push(await run(program((entry) => void trace.push(entry))));
    found.push(trace);
  }
  assert.deepEqual(found[1], found[0]);
  assert.deepEqual(found[0], [["left", 1], [1, 11], ["left", 2], "over"]);
});

test("what a call has saved is kept alive by its fiber only", async () => {
  const gc = (globalThis as { gc?: () => void }).gc;
  assert.ok(gc !== undefined, "run with --expose-gc");
  const { program } = await load<{ program: Program }>(
    `import { Fiber } from "fibril";
export function program(log) {
  function* leaf(n) { "use fiber"; const kept = { n }; log(kept); yield* Fiber.yield(n); return kept; }
  return function* () { "use fiber"; return yield* leaf(1); };
}`,
    true,
  );
  const made: WeakRef<object>[] = [];
  (() => {
    const fiber = new Fiber(
      program((kept) => void made.push(new WeakRef(kept as object))) as never,
    ) as any;
    fiber.resume();
  })();
  for (let n = 0; n < 10 && made[0]?.deref() !== undefined; n++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    gc();
  }
  assert.equal(made.length, 1);
  assert.equal(made[0]?.deref(), undefined);
});

test("a call that does not suspend makes no object", async () => {
  const text = `export function program() {
  function* leaf(n) { "use fiber"; return n + 1; }
  return function* (n) { "use fiber"; let sum = 0; for (let i = 0; i < n; i++) sum = (sum + (yield* leaf(i))) & 1023; return sum; };
}`;
  const used: number[] = [];
  for (const compiled of [false, true]) {
    const { program } = await load<{ program: Program }>(text, compiled);
    const count = (): void =>
      void (new Fiber(program(() => undefined) as never) as any).resume(20_000);
    count();
    const before = process.memoryUsage().heapUsed;
    count();
    used.push(process.memoryUsage().heapUsed - before);
  }
  // A frame and its link are 104 bytes: 2 MB for all the calls.
  assert.ok((used[1] as number) < 1_000_000, `${used[1]} bytes, plainly ${used[0]}`);
});
