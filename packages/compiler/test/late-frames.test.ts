/**
 * A call of a compiled routine has no frame until it suspends. Each program here runs as it is and compiled, and must say the
 * same. The rows are the moments at which frames are made, or are not: at the first suspension and at a later one, at every
 * depth, beside calls of other kinds, in a killed fiber, after an op that was refused.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { transform } from "@fibril/compiler";
import { Fiber, run } from "fibril";
import { folderWith } from "./support/folder.js";

const folder = folderWith({});
let files = 0;

type Program = (log: (entry: unknown) => void) => unknown;

async function load<T>(text: string, compiled: boolean): Promise<T> {
  const file = join(folder, `${files++}.mjs`);
  const { code, explanations } = transform(text, { file });
  if (compiled) for (const each of explanations) assert.ok(each.compiled, JSON.stringify(each));
  writeFileSync(file, compiled ? code : text);
  return (await import(pathToFileURL(file).href)) as T;
}

/** Runs the program both ways. It is the body of a function that returns a routine. */
async function traces(text: string, drive: (fiber: any, log: (entry: unknown) => void) => void) {
  const found: unknown[][] = [];
  for (const compiled of [false, true]) {
    const { program } = await load<{ program: Program }>(
      `import { Fiber, sleep } from "fibril";\nexport function program(log) {\n${text}\n}\n`,
      compiled,
    );
    const trace: unknown[] = [];
    const log = (entry: unknown): void => void trace.push(entry);
    drive(new Fiber(program(log) as never), log);
    found.push(trace);
  }
  return found as [unknown[], unknown[]];
}

async function same(text: string, drive: Parameters<typeof traces>[1]): Promise<unknown[]> {
  const [plain, compiled] = await traces(text, drive);
  assert.deepEqual(compiled, plain);
  return compiled;
}

const THREE = `
  function* top(n) {
    "use fiber";
    const twice = n * 2;
    try {
      log(["top", yield* middle(twice, "b")]);
      log(["again", yield* middle(twice + 1, "c")]);
    } catch (error) {
      log(["top caught", error.message]);
      return "failed";
    } finally {
      log("top ends");
    }
    return twice;
  }
  function* middle(n, letter) {
    const parts = [];
    for (const x of [1, 2]) {
      try {
        parts.push(yield* leaf(n + x));
      } finally {
        log(["middle", letter, x]);
      }
    }
    return parts;
  }
  function* leaf(n) {
    if (n % 2 === 0) return "at once";
    try {
      return yield* Fiber.yield(n);
    } finally {
      log(["leaf", n]);
    }
  }
  return top;`;

test("a call suspends at its first wait, at a later one, or not at all", async () => {
  const trace = await same(THREE, (fiber, log) => {
    log(fiber.resume(1));
    for (const value of ["x", "y"]) log(fiber.resume(value));
  });
  assert.deepEqual(trace.at(-1), 2);
});

test("an error that is raised in the innermost call goes through the callers", async () => {
  const trace = await same(THREE, (fiber, log) => {
    log(fiber.resume(1));
    log(fiber.raise(new Error("raised")));
  });
  assert.ok(JSON.stringify(trace).includes('["top caught","raised"]'));
});

test("a kill unwinds the calls from the inside out", async () => {
  const trace = await same(THREE, (fiber, log) => {
    log(fiber.resume(1));
    fiber.kill();
  });
  assert.deepEqual(trace.slice(1), [["leaf", 3], ["middle", "b", 1], "top ends"]);
});

test("the backtrace of a suspended fiber names each call", async () => {
  const { program } = await load<{ program: Program }>(
    `import { Fiber } from "fibril";\nexport function program(log) {\n${THREE}\n}\n`,
    true,
  );
  const fiber = new Fiber(program(() => undefined) as never) as any;
  fiber.resume(1);
  assert.deepEqual(fiber.backtrace(), ["leaf", "middle", "top"]);
  fiber.resume("x");
  assert.deepEqual(fiber.backtrace(), ["leaf", "middle", "top"], "the second call of middle");
});

test("the calls beyond those that fit on the native stack", async () => {
  for (const depth of [1, 198, 199, 200, 201, 202, 400, 401, 402, 403]) {
    const trace = await same(
      `
  function* down(n) {
    "use fiber";
    const kept = n;
    if (n > 0) return kept + (yield* down(n - 1));
    const got = yield* Fiber.yield("bottom");
    return got + (yield* Fiber.yield("again"));
  }
  return down;`,
      (fiber, log) => {
        log(fiber.resume(depth));
        log(fiber.resume(1));
        log(fiber.resume(2));
      },
    );
    assert.deepEqual(trace, ["bottom", "again", 3 + (depth * (depth + 1)) / 2]);
  }
});

test("what a call needs later is in its frame: more than four variables, four parameters, boxes, defaults", async () => {
  await same(
    `
  function* top() {
    "use fiber";
    const all = [];
    for (let i = 0; i < 3; i++) {
      const see = () => i;
      all.push(see);
      i += yield* wide(i, 2, 3, 4);
      all.push(yield* defaults(undefined, i));
      all.push(yield* boxed(i));
    }
    return all.map((each) => (typeof each === "function" ? each() : each));
  }
  function* wide(a, b, c, d) {
    const e = a + 1, f = b + 1, g = c + 1, h = d + 1;
    let sum = yield* Fiber.yield("wide");
    sum += yield* Fiber.yield([a, b, c, d, e, f, g, h]);
    return sum;
  }
  function* defaults(n = 5, m = "none") {
    yield* Fiber.yield([n, m]);
    return [n, m];
  }
  function* boxed(n) {
    const up = () => ++n;
    up();
    yield* Fiber.yield(n);
    up();
    return n;
  }
  return top;`,
    (fiber, log) => {
      for (let n = 0; n < 20 && fiber.alive; n++) log(fiber.resume(0));
    },
  );
});

test("calls of methods, of rest parameters and of functions of another file are no different", async () => {
  await same(
    `
  class Worker {
    #secret = 3;
    *work(n) {
      "use fiber";
      const mine = yield* this.step(n);
      return [mine, yield* many(1, 2, 3, 4, 5), yield* given(this.#secret)];
    }
    *step(n) {
      "use fiber";
      return n === 0 ? this.#secret : (yield* Fiber.yield(n)) + (yield* this.step(n - 1));
    }
  }
  function* many(...numbers) {
    "use fiber";
    let sum = 0;
    for (const n of numbers) sum += n % 2 === 0 ? n : yield* Fiber.yield(n);
    return sum;
  }
  let given = function* (n) {
    "use fiber";
    return (yield* Fiber.yield("given")) + n;
  };
  given = given;
  return () => new Worker().work(2);`,
    (fiber, log) => {
      for (let n = 0; n < 20 && fiber.alive; n++) log(fiber.resume(n));
    },
  );
});

test("an argument may change which function is called, and may suspend", async () => {
  await same(
    `
  function* one(n) { "use fiber"; return ["one", yield* Fiber.yield(n)]; }
  function* two(n) { "use fiber"; return ["two", yield* Fiber.yield(n)]; }
  return function* () {
    "use fiber";
    let fn = one;
    log(yield* fn(((fn = two), 1)));
    fn = one;
    log(yield* fn(((fn = two), yield* Fiber.yield("before"))));
    log(yield* fn(((fn = null), 3)));
    try {
      log(yield* fn(1));
    } catch (error) {
      log(error.constructor.name);
    }
  };`,
    (fiber, log) => {
      for (let n = 0; n < 20 && fiber.alive; n++) log(fiber.resume(n));
    },
  );
});

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
