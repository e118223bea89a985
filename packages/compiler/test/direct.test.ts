/** Direct style: what a function means stays what it was, and everything in it may wait. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SourceError, transform } from "@fibril/compiler";
import { Fiber, call, run } from "fibril";
import { load, loadDirect } from "./support/load-direct.js";

/** What a module's `main` results in as a fiber. */
async function main(text: string): Promise<unknown> {
  const module = await loadDirect<{ main: () => unknown }>(text);
  return run(module.main as never);
}

const CASES: readonly (readonly [name: string, body: string, result: unknown])[] = [
  [
    "arguments are evaluated from left to right, with waits between",
    `const order = []; const see = (n) => { yieldNow(); order.push(n); return n; };
     const f = (...all) => [all, order]; return f(see(1), see(2) + see(3), [see(4)], { [see("a")]: see(5) });`,
    [
      [1, 5, [4], { a: 5 }],
      [1, 2, 3, 4, "a", 5],
    ],
  ],
  [
    "what was read before a wait keeps its value",
    `let n = 1; const change = () => { yieldNow(); n = 10; return 5; }; return [n + change(), n];`,
    [6, 10],
  ],
  [
    "try, catch and finally",
    `const log = []; const fails = () => { yieldNow(); throw new Error("no"); };
     const f = () => { try { fails(); return 1; } catch (error) { yieldNow(); log.push(error.message); return 2; }
       finally { yieldNow(); log.push("end"); } };
     return [f(), log];`,
    [2, ["no", "end"]],
  ],
  [
    "loops, labels and fresh variables",
    `const made = [];
     outer: for (let i = 0; i < 4; i++) { for (const k of [0, 1, 2]) { if (k === 2) continue outer; if (i === 3) break outer; yieldNow(); made.push(() => i * 10 + k); } }
     return made.map((each) => { yieldNow(); return each(); });`,
    [0, 1, 10, 11, 20, 21],
  ],
  [
    "this, super, private methods and static ones",
    `class A { #n = 1; #add(k) { yieldNow(); return (this.#n += k); } add(k) { return this.#add(k) * 2; } static of() { yieldNow(); return new this(); } }
     class B extends A { add(k) { const before = super.add(k); yieldNow(); return [before, this instanceof B]; } }
     return B.of().add(4);`,
    [10, true],
  ],
  [
    "arguments, rest, defaults and patterns",
    `function f(a, { b, c = 3 } = { b: 2 }, d = later(4), ...rest) { yieldNow(); return [a, b, c, d, rest, arguments.length, f.length]; }
     function later(n) { yieldNow(); return n; }
     return [f(1), f(0, { b: 9 }, 8, 7, 6)];`,
    [
      [1, 2, 3, 4, [], 1, 1],
      [0, 9, 3, 8, [7, 6], 5, 1],
    ],
  ],
  [
    "names of functions, and functions that are constructed",
    `const key = "k"; let later; (later) = () => {}; const o = { [key]: () => { yieldNow(); return 1; }, a: (x) => x, b: function () {} };
     return [o.k.name, o.k(), o.a.name, o.b.name, later.name, new function () { this.n = 1; }().n, new (function () { this.n = 2; })().n];`,
    ["k", 1, "a", "b", "", 1, 2],
  ],
  [
    "a closure and its function share what changes",
    `let total = 0; const add = (n) => { yieldNow(); total += n; return total; };
     add(1); total *= 10; yieldNow(); add(5); return total;`,
    15,
  ],
  [
    "optional calls and chains",
    `const o = { f(n) { yieldNow(); return { g: () => { yieldNow(); return n; } }; } }; const none = undefined;
     return [o?.f(3)?.g(), o.f?.(4).g?.(), none?.f(1).g(), o.nope?.()];`,
    [3, 4, null, null],
  ],
  [
    "spread, call and apply",
    `function f(...all) { yieldNow(); return [this.n, ...all]; } const it = { n: 1, f };
     return [it.f(...[1, 2]), f.call(it, 3), f.apply(it, [4, 5]), f.call(...[it, 6])];`,
    [
      [1, 1, 2],
      [1, 3],
      [1, 4, 5],
      [1, 6],
    ],
  ],
  [
    "switch and conditions",
    `const n = (k) => { yieldNow(); return k; }; const log = [];
     switch (n(2)) { case n(1): log.push(1); case n(2): log.push(2); case 3: log.push(n(3)); break; default: log.push(9); }
     return [log, n(0) || n(7), n(1) && n(8), n(null) ?? n(6), n(0) ? 1 : n(5), (n(1), n(2))];`,
    [[2, 3], 7, 8, 6, 5, 2],
  ],
  [
    "methods of arrays",
    `const n = (k) => { yieldNow(); return k; }; const list = [3, 1, 2];
     const seen = []; list.forEach((each, index) => { seen.push(n(each) + index); });
     return [list.map((k) => n(k * 2)), list.filter((k) => n(k > 1)), list.flatMap((k) => [n(k), [k]]), list.some((k) => n(k === 2)), list.every((k) => n(k > 1)),
       list.find((k) => n(k < 3)), list.findIndex((k) => n(k === 2)), list.findLast((k) => n(k < 3)), list.findLastIndex((k) => n(k === 9)),
       list.reduce((a, b) => n(a) + b), list.reduceRight((a, b) => n(a) + b, ""), seen, [].map(n), [1, , 2].map(n).length];`,
    [
      [6, 2, 4],
      [3, 2],
      [3, [3], 1, [1], 2, [2]],
      true,
      false,
      1,
      2,
      2,
      -1,
      6,
      "213",
      [3, 2, 4],
      [],
      3,
    ],
  ],
  [
    "a method of an object, also with super and a computed name",
    `const base = { greet() { yieldNow(); return "hello"; } }; const key = "say";
     const o = { __proto__: base, greet() { return super.greet() + "!"; }, [key]() { yieldNow(); return this.greet(); }, get n() { return 1; } };
     return [base.greet(), Object.keys(o), o.n, o.say === o["say"]];`,
    ["hello", ["greet", "say", "n"], 1, true],
  ],
  [
    "a named function expression, and functions that are declared in blocks",
    `const f = function fact(n) { yieldNow(); return n < 2 ? 1 : n * fact(n - 1); };
     { yieldNow(); function inner(n) { yieldNow(); return n + 1; } yieldNow(); return [f(5), f.name, inner(1), inner.name, (() => {}).name, (({}) => 1).length]; }`,
    [120, "fact", 2, "inner", "", 1],
  ],
  [
    "waits of the library",
    `const channel = new Channel(1); const mutex = new Mutex();
     const producer = spawn(() => { for (const n of [1, 2, 3]) channel.send(n); channel.close(); return "sent"; });
     const got = []; channel.each((n) => { yieldNow(); got.push(n); });
     const locked = mutex.with((k) => { yieldNow(); return k; }, 4);
     const both = all([() => { yieldNow(); return 1; }, () => 2]);
     const first = race([() => sleep(1000), () => { yieldNow(); return "first"; }]);
     const mapped = map([1, 2, 3], (n) => { yieldNow(); return n * n; }, { concurrency: 2 });
     let tries = 0; const tried = retry(() => { yieldNow(); if (++tries < 3) throw new Error("busy"); return tries; }, fixed(0).attempts(5));
     const closed = []; const inside = scope(() => { defer(() => { yieldNow(); closed.push("deferred"); }); spawn(() => { yieldNow(); closed.push("child"); }); return 5; });
     return [got, producer.join(), locked, both, first, mapped, tried, inside, closed, until(Promise.resolve(8)), failAfter(1000, () => { yieldNow(); return 9; })];`,
    [[1, 2, 3], "sent", 4, [1, 2], "first", [1, 4, 9], 3, 5, ["child", "deferred"], 8, 9],
  ],
  [
    "select calls its cases for a wait, and not for its result",
    `const a = new Channel(1); const b = new Channel(1); const from = (c) => c.receive(); b.send(7);
     return [select({ a: () => from(a), b: () => from(b) }), select({ a: () => a.receive(), late: () => sleep(0) }).key];`,
    [{ key: "b", value: 7 }, "late"],
  ],
];

for (const [name, body, result] of CASES) {
  test(name, async () => {
    const got = await main(`export const main = () => {\n${body}\n};`);
    assert.equal(JSON.stringify(got), JSON.stringify(result));
  });
}

test("a call goes on in the function that was called, although its name has another value meanwhile", async () => {
  const got = await main(`
    const second = () => { yieldNow(); return "second"; };
    const first = () => { step = second; yieldNow(); return "first"; };
    let step = first;
    export const main = () => [1, step(), step()];
  `);
  assert.deepEqual(got, [1, "first", "second"]);
});

test("routines with yield* and functions in direct style call each other", async () => {
  const { down, up } = await loadDirect<{ down: any; up: any }>(`
    export function down(n, routine) { yieldNow(); return n === 0 ? "bottom" : wait(routine(n - 1)); }
    export const up = (n) => { Fiber.yield(n); return n * 2; };
  `);
  function* plain(n: number): Generator<any, unknown, any> {
    return `${n}(${String(yield* call(down, n, plain))})`;
  }
  assert.equal(await run(plain, 2), "2(1(0(bottom)))");
  const fiber = new Fiber(function* () {
    return yield* call(up, 21);
  });
  assert.deepEqual([fiber.resume(), fiber.resume(), fiber.alive], [21, 42, false]);
});

test("wait(…) takes the op of another library, and what is no wait as it is", async () => {
  const { op } = await load<{ op: unknown }>(
    `import { suspend } from "fibril";
    export const op = (value) => suspend((wake) => { setTimeout(wake, 1, value); });`,
    false,
  );
  const { main } = await load<{ main: (op: unknown) => unknown[] }>(
    `"use fibers";
    import { scope, spawn, wait } from "fibril/direct";
    import { sleep, race, routine, Fiber } from "fibril";
    const pair = routine("pair", function* (n) { return [n, yield* sleep(n)]; });
    const given = (n) => { wait(sleep(1)); return function* () { yield* sleep(1); return n; }(); };
    const own = (op, n) => op(n);
    export function main(op) {
      const seen = [wait(sleep(1)), wait(op("later")), wait(pair(1)), wait(given(5)), wait(race([() => op(7)]))];
      scope(() => { seen.push(wait(spawn(() => { wait(sleep(1)); return "child"; }))); });
      const kept = op("kept");
      const fiber = new Fiber(function* () { return 1; });
      seen.push(wait(kept), wait(own(op, 8)), wait(undefined), wait(op(fiber)) === fiber);
      return seen;
    }`,
    true,
  );
  const seen = await run(main as never, op as never);
  const waited = [undefined, "later", [1, undefined], 5, 7, "child"];
  assert.deepEqual(seen, [...waited, "kept", 8, undefined, true]);
});

test("a kill and a raise unwind every function, from the inside out", async () => {
  const { make } = await loadDirect<{ make: (log: string[]) => Fiber<any, any, any, any> }>(`
    export const make = (log) => {
      const level = (n) => { try { if (n === 0) Fiber.yield("in"); else level(n - 1); } catch (error) { log.push("caught " + n + error.message); throw error; } finally { log.push("finally " + n); if (n === 1) Fiber.yield("clean-up"); } };
      return new Fiber(() => level(2));
    };
  `);
  const killed: string[] = [];
  const first = make(killed);
  assert.equal(first.resume(), "in");
  first.kill();
  first.resume();
  assert.deepEqual(killed, ["finally 0", "finally 1", "finally 2"]);
  assert.equal(first.alive, false);
  const raised: string[] = [];
  const second = make(raised);
  second.resume();
  assert.equal(second.raise(new Error("!")), "clean-up");
  assert.throws(() => second.resume(), /^Error: !$/);
  assert.deepEqual(raised, [
    "caught 0!",
    "finally 0",
    "caught 1!",
    "finally 1",
    "caught 2!",
    "finally 2",
  ]);
});

test("a million calls deep: waits at the bottom, returns, and an error comes all the way up", async () => {
  const { sum, thrown } = await loadDirect<{ sum: any; thrown: any }>(`
    export function sum(n) { if (n === 0) { yieldNow(); return 0; } return 1 + sum(n - 1); }
    const fail = (n) => { if (n === 0) { yieldNow(); throw new Error("from the bottom"); } fail(n - 1); return n; };
    export const thrown = (n) => { try { return fail(n); } catch (error) { return error.message; } };
  `);
  assert.equal(await run(sum, 1_000_000), 1_000_000);
  assert.equal(await run(thrown, 100_000), "from the bottom");
});

test("what was suspended at any depth is entered at its innermost function", async () => {
  const { make } = await loadDirect<{ make: (depth: number) => Fiber<any, any, any, any> }>(`
    const level = (n) => { if (n > 0) return level(n - 1); let total = 0; for (;;) total += Fiber.yield(total); };
    export const make = (depth) => new Fiber(() => level(depth));
  `);
  const fiber = make(1_000);
  fiber.resume();
  assert.equal(fiber.backtrace()?.length, 1_002);
  const before = fiber.backtrace(0, 1);
  for (let n = 0; n < 10; n++) fiber.resume(1);
  assert.equal(fiber.resume(0), 10);
  assert.deepEqual(fiber.backtrace(0, 1), before);
});

test("a function may be in direct style by itself, in a file that is not", async () => {
  const { direct, plain } = await load<{ direct: any; plain: any }>(
    `import { yieldNow } from "fibril/direct";
     export function direct() { "use fibers"; const inner = (n) => { yieldNow(); return n; }; return inner(3); }
     export const plain = () => yieldNow();`,
    true,
  );
  assert.equal(await run(direct), 3);
  assert.throws(() => plain(), { code: "outside" });
});

test("what cannot be compiled is an error that points at the source", () => {
  const text = `"use fibers";\nexport const f = (code: string) => {\n  g();\n  return eval(code);\n};\n`;
  assert.throws(
    () => transform(text, { file: "direct.ts" }),
    (error: unknown) => {
      assert.ok(error instanceof SourceError);
      assert.match(
        error.message,
        /^direct\.ts:2:14: this function is in direct style, .*: it calls eval$/,
      );
      return true;
    },
  );
});

test("a call of a function of the file that calls nothing stays as it is; one that calls itself does not", () => {
  const text = `"use fibers";
const add = (a, b) => a + b;
function twice(n) { return add(n, n); }
function odd(n) { return n === 0 ? false : even(n - 1); }
function even(n) { return n === 0 ? true : odd(n - 1); }
export const f = (n) => [twice(n), odd(n)];
`;
  const { code } = transform(text, { file: "a.js" });
  const called = [
    ...code.matchAll(/\$(?:leave\(\$depth, \$value, \$slots, \d+|last\(\$depth), (\w+)/g),
  ].map(([, name]) => name);
  assert.deepEqual(called, ["even", "odd", "odd"]);
});

test("calls of what is not the program's stay as they are, and wait in their arguments", async () => {
  const text = `"use fibers";
import { join } from "node:path";
import { spawn, sleep } from "fibril/direct";
const seen = new Map();
let list = [];
list = [1];
const other = [];
other.push = (n) => n;
export const f = (n) => {
  list.push(Math.max(n, parseInt("1")), "a".concat(join("a", "b")));
  const found = n.list;
  found.push(seen.get(n), Object.prototype.hasOwnProperty.call(n, "a"), spawn(f, n), sleep(1));
};
function shadowed(Math, list) { Math.max(1); list.push(2); }
`;
  const { code } = transform(text, { file: "a.js" });
  const called = [...code.matchAll(/\$into\(.*?"(.*?)"\)/g)].map(([, name]) => name);
  assert.deepEqual(called, ["found.push", "Math.max", "list.push"]);
  // A wait and a call are points, and two calls are the ends of their functions.
  assert.equal(code.split("$back(").length - 1, 2);
  assert.equal(code.split("$end(").length - 1, 2);

  const { mixed } = await loadDirect<{ mixed: any }>(`
    const later = (n) => { yieldNow(); return n; };
    const quiet = (...all) => all;
    export function mixed() {
      const list = [];
      list.push(later(1), Math.max(later(2), 1));
      return [list, quiet(0, later(3)), quiet(later(4))?.concat(later(5)), String(later(6))?.concat("")];
    }`);
  assert.deepEqual(await run(mixed), [[1, 2], [0, 3], [4, 5], "6"]);
});

test("what is undefined when a function leaves is undefined when it is entered again", async () => {
  const { f } = await loadDirect<{ f: any }>(`
    export function f(n) {
      const seen = [];
      for (let lap = 0; lap < 3; lap++) {
        yieldNow();
        seen.push(x, y);
        if (n === lap) { var x = lap, y = lap; }
        const z = (yieldNow(), lap);
        yieldNow();
        seen.push(z);
        const next = n > 5 ? (yieldNow(), 1) : lap && (yieldNow(), 2);
        seen.push(next, n?.nope?.(yieldNow()));
      }
      return seen;
    }`);
  const u = undefined;
  assert.deepEqual(await run(f, 1), [u, u, 0, 0, u, u, u, 1, 2, u, 1, 1, 2, 2, u]);
});

test("a kill goes on after a function whose finally threw, whatever its caller does about the error", async () => {
  const { make } = await loadDirect<{ make: (log: unknown[]) => () => unknown }>(`
    export const make = (log) => {
      const throws = () => { try { Fiber.yield(1); } finally { throw new Error("thrown"); } };
      const catches = () => { try { throws(); } catch (error) { log.push(error.message); } return "caught"; };
      return () => { try { log.push(["got", catches()]); } finally { log.push("over"); } };
    };`);
  const log: unknown[] = [];
  const fiber = new Fiber(make(log) as never);
  fiber.resume();
  fiber.kill();
  assert.equal(fiber.alive, false);
  assert.deepEqual(log, ["thrown", "over"]);
});

test("functions that are exported by default, and declared functions that are assigned to", async () => {
  const { default: anonymous, changed } = await loadDirect<{ default: any; changed: any }>(`
    export default function () { yieldNow(); return "anonymous"; }
    (() => {})();
    export function changed() { let before = inner(); inner = () => { yieldNow(); return before + 1; }; return inner(); function inner() { yieldNow(); return 1; } }
  `);
  assert.deepEqual(
    [await run(anonymous), anonymous.name, await run(changed)],
    ["anonymous", "default", 2],
  );
});

test("a callee that is no function is named", async () => {
  const { f, g, h } = await loadDirect<Record<"f" | "g" | "h", (o: object) => unknown>>(
    `export const f = (o) => o.nope(1), g = (o) => o.in.nope(1), h = (nope) => nope(1);`,
  );
  assert.throws(() => f({}), { name: "TypeError", message: "o.nope is not a function" });
  assert.throws(() => g({ in: {} }), { name: "TypeError", message: "(…).nope is not a function" });
  assert.throws(() => h({}), { name: "TypeError", message: "nope is not a function" });
});
