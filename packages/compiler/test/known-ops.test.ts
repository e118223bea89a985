/** Ops that compiled routines start without an op object: the same outcomes, errors and order as without the compiler. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { transform } from "@fibril/compiler";
import * as fibril from "fibril";
import { Fiber } from "fibril";
import { folderWith } from "./support/folder.js";

const folder = folderWith({});
let files = 0;

type Exports = Record<string, (...args: any[]) => any>;

/** The module as it is, and compiled. */
async function both(text: string): Promise<readonly [plain: Exports, compiled: Exports]> {
  const { code, explanations } = transform(text, { file: "module.mjs" });
  for (const each of explanations) assert.ok(each.compiled, JSON.stringify(each));
  const loaded: Exports[] = [];
  for (const each of [text, code]) {
    const file = join(folder, `known-${files++}.mjs`);
    writeFileSync(file, each);
    loaded.push((await import(pathToFileURL(file).href)) as Exports);
  }
  return loaded as unknown as [Exports, Exports];
}

/** Runs the same with both and compares. A routine is entered by a fiber, and by a generator that is not compiled. */
async function alike(
  text: string,
  play: (module: Exports, as: (fn: any) => any, log: (entry: unknown) => void) => unknown,
): Promise<unknown[]> {
  const modules = await both(text);
  const plainly =
    (fn: (...args: unknown[]) => Generator<any, unknown, any>) =>
    (...args: unknown[]) =>
      (function* main(): Generator<any, unknown, any> {
        return yield* fn(...args);
      })();
  const traces: unknown[][] = [];
  for (const module of modules) {
    for (const as of [(fn: unknown) => fn, plainly]) {
      const trace: unknown[] = [];
      try {
        trace.push(await play(module, as as never, (entry) => trace.push(entry)));
      } catch (error) {
        trace.push(String(error));
      }
      traces.push(trace);
    }
  }
  assert.deepEqual(traces[2], traces[0], "compiled, entered by a fiber");
  assert.deepEqual(traces[3], traces[1], "compiled, as a generator object");
  return traces[2] as unknown[];
}

/** How often each helper is called in the output. */
function helpersIn(
  body: string,
  imports: string = `import { Fiber, park, yieldNow } from "fibril";`,
) {
  const text = `${imports}\nexport function* routine(f, v) { "use fiber"; ${body} }`;
  const { code } = transform(text, { file: "module.mjs" });
  const count = (name: string): number => code.split(`$${name}($`).length - 1;
  return {
    transfers: count("transfers"),
    parks: count("parks"),
    givesWay: count("givesWay"),
    hands: count("hands"),
    delegates: count("delegates"),
  };
}
const NONE = { transfers: 0, parks: 0, givesWay: 0, hands: 0, delegates: 0 };

test("which ops need no object: by their own names, by others, and as members of a namespace", () => {
  const cases: readonly (readonly [body: string, found: object, imports?: string])[] = [
    ["yield* Fiber.transfer(f);", { transfers: 1 }],
    ["yield* Fiber.transfer(f(), v.x);", { transfers: 1 }],
    ["yield* Fiber.transfer(f, v());", { transfers: 1 }],
    ["yield* park();", { parks: 1 }],
    ["yield* yieldNow();", { givesWay: 1 }],
    [
      "yield* F.transfer(f); yield* p();",
      { transfers: 1, parks: 1 },
      `import { Fiber as F, park as p } from "fibril";`,
    ],
    [
      "yield* lib.Fiber.transfer(f); yield* lib.park(); yield* lib.yieldNow(); yield* lib.Fiber.yield(v);",
      { transfers: 1, parks: 1, givesWay: 1, hands: 1 },
      `import * as lib from "fibril";`,
    ],
    ["yield* park();", { parks: 1 }, `const { park } = require("fibril");`],
    // The op stays an op.
    ["yield* Fiber.transfer(...f);", { delegates: 1 }],
    ["yield* Fiber.transfer();", { delegates: 1 }],
    ["yield* Fiber.transfer(f, v(), 1);", { delegates: 1 }],
    ["yield* park(v());", { delegates: 1 }],
    ["yield* yieldNow(...v);", { delegates: 1 }],
    [`yield* Fiber["transfer"](f);`, { delegates: 1 }],
    ["yield* Fiber?.transfer(f);", { delegates: 1 }],
    ["yield* park?.();", { delegates: 1 }],
    ["const op = park(); yield* op;", { delegates: 1 }],
    // Another thing of that name.
    ["{ const park = f; yield* park(); }", { delegates: 1 }],
    ["{ const Fiber = f; yield* Fiber.transfer(v); }", { delegates: 1 }],
    ["yield* lib.other.park();", { delegates: 1 }, `import * as lib from "fibril";`],
    ["yield* f.Fiber.transfer(v); yield* f.park();", { delegates: 2 }],
    ["yield* park();", { delegates: 1 }, `import { park } from "elsewhere";`],
    ["yield* park();", { delegates: 1 }, `let { park } = require("fibril");`],
    ["yield* park();", { delegates: 1 }, `import { sleep as park } from "fibril";`],
    ["yield* constructor();", { delegates: 1 }, `import { constructor } from "fibril";`],
  ];
  for (const [body, found, imports] of cases) {
    assert.deepEqual(helpersIn(body, imports), { ...NONE, ...found }, `${imports ?? ""} ${body}`);
  }
});

test("a ring of transfers passes values on, and a fiber that starts sees how many it was given", async () => {
  const trace = await alike(
    `import { Fiber } from "fibril";
    export const member = (next, log) => function* () {
      "use fiber";
      for (let n = 0; n < 5; n++) log([n, yield* Fiber.transfer(next(), n)]);
      log(yield* Fiber.transfer(next()));
    };`,
    ({ member }, as, log) => {
      const supervisor = Fiber.current;
      let left = 13;
      let at = 0;
      const fibers: Fiber<any, any, any, any>[] = [];
      const next = (): Fiber =>
        --left === 0 ? supervisor : (fibers[(at = (at + 1) % 3)] as Fiber);
      for (let i = 0; i < 2; i++) fibers.push(new Fiber(as(member!(next, log))));
      fibers.push(
        new Fiber(function* (...given: unknown[]) {
          log(["starts with", given]);
          for (;;) log(["not compiled", yield* Fiber.transfer(next(), "on")]);
        }),
      );
      return fibers[0]?.transfer();
    },
  );
  assert.ok(trace.length > 9);
});

test("the arguments are evaluated in order, and before the variables are kept", async () => {
  await alike(
    `import { Fiber } from "fibril";
    export function* routine(log, target, record) {
      "use fiber";
      let n = 0;
      const back = yield* Fiber.transfer((n++, log("first"), target), n + 1);
      log([n, back]);
      const again = yield* Fiber.transfer((n += 10, record.x = 5, target), record.x);
      log([n, again]);
      const from = yield* Fiber.transfer(yield* Fiber.transfer(target, "inner"), n);
      log([n, from]);
      return n;
    }`,
    ({ routine }, as, log) => {
      const main = Fiber.current;
      const fiber = new Fiber(as(routine)) as Fiber<any, any, any, any>;
      log(fiber.transfer(log, main, {}));
      log(fiber.transfer("a"));
      log(fiber.transfer("b"));
      log(fiber.transfer(main));
      return fiber.transfer("c");
    },
  );
});

test("a refused transfer throws at its yield*, where it can be caught, and leaves loops and finallys in order", async () => {
  const trace = await alike(
    `import { Fiber } from "fibril";
    export function* routine(log, targets) {
      "use fiber";
      for (const each of targets) {
        try {
          log(["back", yield* Fiber.transfer(each, "value")]);
        } catch (error) {
          log([error.name, error.code, error.message.replace(/ \\d+/, "")]);
        } finally {
          log("finally");
        }
      }
      return "end";
    }`,
    ({ routine }, as, log) => {
      const ended = new Fiber(function* () {});
      ended.resume();
      const yielding = new Fiber(function* () {
        yield* Fiber.yield();
      });
      yielding.resume();
      const fiber = new Fiber(as(routine)) as Fiber<any, any, any, any>;
      return fiber.resume(log, [undefined, {}, ended, yielding, Fiber.root, fiber, null]);
    },
  );
  assert.equal(trace.filter((each) => each === "finally").length, 7);
});

test("outside of a scheduler, park and yieldNow throw; a forgotten op is reported", async () => {
  const trace = await alike(
    `import { Fiber, park, yieldNow } from "fibril";
    export function* routine(log) {
      "use fiber";
      for (const which of [0, 1, 2, 3]) {
        try {
          if (which > 1) Fiber.yield();
          if (which % 2 === 0) yield* park();
          else yield* yieldNow();
        } catch (error) {
          log([which, error.code]);
        }
      }
    }`,
    ({ routine }, as, log) => (new Fiber(as(routine)) as Fiber<any>).resume(log),
  );
  assert.deepEqual(trace.slice(0, 4), [
    [0, "outside"],
    [1, "outside"],
    [2, "op-not-run"],
    [3, "op-not-run"],
  ]);
});

for (const end of ["nothing", "cancel", "kill", "raise"] as const) {
  test(`tasks park and give way, and end by ${end}`, async () => {
    await alike(
      `import { park, yieldNow } from "fibril";
      export function* routine(log, name) {
        try {
          for (let n = 0; n < 3; n++) {
            log([name, n, yield* park()]);
            log([name, yield* yieldNow()]);
          }
          return name;
        } catch (error) {
          log([name, error.name]);
          try {
            yield* yieldNow();
          } catch (again) {
            log([name, again === error]);
          }
          try {
            yield* park();
          } catch (again) {
            log([name, again === error]);
          }
        } finally {
          log([name, "finally"]);
          try {
            log([name, yield* yieldNow()]);
            log([name, yield* park()]);
          } catch (error) {
            log([name, error.name]);
          }
        }
      }`,
      async ({ routine }, as, log) => {
        await fibril.run(function* () {
          const tasks = ["a", "b"].map((name) => fibril.spawn(as(routine), log, name));
          for (let n = 0; n < 12; n++) {
            yield* fibril.yieldNow();
            if (n === 3 && end === "raise") tasks[0]?.raise(new Error("thrown in"));
            else if (n === 3 && end !== "nothing") tasks[0]?.[end as "kill"]();
            for (const task of tasks) log(fibril.unpark(task, n));
          }
          for (const task of tasks) log(task.alive);
        });
      },
    );
  });
}

test("in a fiber that is being unwound, a transfer to itself has its outcome at once", async () => {
  const trace = await alike(
    `import { Fiber } from "fibril";
    export function* cleans(log) {
      "use fiber";
      for (let n = 0; n < 3; n++) {
        try {
          log(["cleans", n, yield* Fiber.transfer(Fiber.current, "value " + n)]);
          if (n === 1) throw new Error("once");
        } catch (error) {
          log(error.message);
        } finally {
          log(["inner finally", n]);
        }
      }
      return "cleaned";
    }
    export function* waits(log) {
      "use fiber";
      try {
        yield* Fiber.yield("waits");
      } finally {
        log(yield* cleans(log));
        log(yield* Fiber.transfer(Fiber.current, "last"));
      }
    }`,
    ({ cleans, waits }, as, log) => {
      const outer = new Fiber(function* () {
        try {
          yield* Fiber.yield("outer");
        } finally {
          // The generator object runs below this generator, which is unwound.
          log(yield* cleans!(log));
        }
      }) as Fiber<any, any, any, any>;
      const inner = new Fiber(as(waits)) as Fiber<any, any, any, any>;
      log(outer.resume());
      log(inner.resume(log));
      outer.kill();
      inner.kill();
      return [outer.alive, inner.alive];
    },
  );
  assert.equal(trace.filter((each) => each === "once").length, 2);
  assert.deepEqual(trace.at(-1), [false, false]);
});
