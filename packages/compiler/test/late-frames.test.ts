/**
 * A call of a compiled routine has no frame until it suspends. Each program here runs as it is and compiled, and must say the
 * same. The rows are the moments at which frames are made, or are not: at the first suspension and at a later one, at every
 * depth, beside calls of other kinds, in a killed fiber, after an op that was refused.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Fiber } from "fibril";
import { load, type Program, same } from "./support/both-ways.js";

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
