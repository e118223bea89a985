/** Patterns in direct style: every part of them may wait, in the order of the language. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Fiber, run } from "fibril";
import { loadDirect } from "./support/load-direct.js";
import { sameAsPlain } from "./support/same-as-plain.js";

const CASES: readonly (readonly [name: string, body: string])[] = [
  [
    "defaults of an object pattern",
    `const { a = f("a"), b = f("b"), c: { d = f("d") } = f("c", {}), e } = seen("o", { b: 1, e: 2 }); return [a, b, d, e];`,
  ],
  [
    "computed keys are converted before the value is read, and what is left goes into the rest",
    `const { [f("x", key("x"))]: x = f("none"), [key("y")]: y, z, 0: zero, "q": q = f("q"), 1n: big, ...rest } = seen("o", { x: undefined, y: 1, z: 2, 0: 3, [Symbol.iterator]: 4, w: 5, 1: 6 });
     return [x, y, z, zero, q, big, rest];`,
  ],
  [
    "the rest has own enumerable properties only, and no setter of a prototype sees them",
    `const source = Object.create({ inherited: 1 }, { hidden: { value: 1 }, __proto__: { value: 2, enumerable: true }, shown: { get: () => log.push("get"), enumerable: true } });
     const { a = f("a"), ...rest } = source; return [a, Object.getOwnPropertyDescriptors(rest), Object.getPrototypeOf(rest) === Object.prototype];`,
  ],
  [
    "a property with the name __proto__, in short, is no prototype",
    `const __proto__ = f("a"); const o = { __proto__, z: f("z") }; const { __proto__: p, ...rest } = { ["__proto__"]: f("p"), q: 1 };
     return [Object.keys(o), p, rest];`,
  ],
  [
    "the rest of a string, and of a number",
    `const { [f("0", 0)]: first, ...rest } = "abc"; const { a = f("a"), ...none } = 5; return [first, rest, none];`,
  ],
  [
    "an array pattern reads as many elements as it names, and closes the iterator",
    `const [a = f("a"), , b = f("b")] = iterable([undefined, 1, 2, 3]); return [a, b];`,
  ],
  [
    "an iterator that has ended is not closed, and the value of its end is not read",
    `const [a = f("a"), b = f("b"), ...rest] = iterable([1]); return [a, b, rest];`,
  ],
  [
    "a rest that is a pattern",
    `const [a, ...[b = f("b"), { length = f("length") }]] = iterable([0, undefined, []]); return [a, b, length];`,
  ],
  [
    "what is assigned to is evaluated before the iterator steps, its key is converted after",
    `const o = seen("o", {}); [f("o", o).x, f("p", o)[f("key", key("y"))] = f("default")] = iterable([1]); return [o.x, o.y];`,
  ],
  [
    "the same of an object pattern, with a rest",
    `const o = seen("o", {}); ({ [f("k", key("k"))]: f("target", o).x = f("default"), ...f("rest", o).rest } = seen("from", { l: 1 })); return [o.x, o.rest];`,
  ],
  [
    "the value of an assignment is what was taken apart",
    `let a, b; const source = [1]; return [([a, b = f("b")] = source) === source, ({ a = f("never"), length: b = f("length") } = f("source", source)) === source, a, b];`,
  ],
  [
    "an error in a default closes the iterator, and that of the closing is lost",
    `const [a = fails("default")] = iterable([], new TypeError("lost")); return a;`,
  ],
  [
    "an error in a default of an iterator that goes on",
    `const [a = fails("default")] = iterable([undefined, 1], new TypeError("lost")); return a;`,
  ],
  [
    "an error of the closing is thrown where there is no other",
    `const [a = f("a")] = iterable([undefined, 1], new RangeError("closing")); return a;`,
  ],
  [
    "what the closing results in has to be an object",
    `const [a = f("a")] = iterable([undefined, 1], 5); return a;`,
  ],
  [
    "an error of next, and a result that is no object, close nothing",
    `const of = (next) => ({ [Symbol.iterator]: () => ({ next, return() { log.push("return"); return {}; } }) });
     try { const [a = f("a")] = of(() => { throw new RangeError("next"); }); } catch (error) { log.push(error.message); }
     try { let b; [f("o", {}).x, b] = of(() => 5); } catch (error) { log.push(error.name); }
     try { const [a = f("a")] = of(() => ({ done: false, get value() { throw new RangeError("value"); } })); } catch (error) { log.push(error.message); }`,
  ],
  [
    "an error in a target closes the iterator before it has stepped",
    `try { [fails("target").x] = iterable([1]); } catch (error) { log.push(error.message); } [f("target", {})[fails("key")]] = iterable([1]);`,
  ],
  [
    "patterns inside patterns close their iterators from the inside out",
    `const [[a = f("a"), [b = fails("b")]]] = iterable([iterable([undefined, iterable([undefined, 1]), 2]), 3]); return [a, b];`,
  ],
  [
    "nothing is taken out of undefined and null, and no key is evaluated",
    `for (const none of [undefined, null]) { try { const { [f("key")]: x = f("x") } = none; } catch (error) { log.push(error.name); } }
     try { const [a = f("a")] = f("none", undefined); } catch (error) { log.push(error.name); } const [b = f("b")] = {}; return b;`,
  ],
  [
    "in the head of for-of and for-in",
    `const out = []; for (const { x = f("x"), y } of iterable([{ y: 1 }, { x: 2 }, { x: 3 }])) { if (x === 2) continue; out.push(() => x, y); if (x === 3) break; }
     for (let [a, b = f("b")] in { pq: 1, r: 2 }) { out.push(() => a + b); a = "changed"; }
     let z; for ({ z = f("z") } of [{}, { z: 1 }]) out.push(z); for (f("target", out)[f("key", "last")] of iterable([7, 8])) f("body");
     return [out.map((each) => (typeof each === "function" ? each() : each)), out.last];`,
  ],
  [
    "a loop and a pattern use the iterator of arrays no more often than they were written to",
    `const { prototype } = Array, original = prototype[Symbol.iterator], none = { [Symbol.iterator]: () => ({ next: () => ({ done: true }) }) }; let used = 0;
     prototype[Symbol.iterator] = function () { used++; return original.call(this); };
     try { for (const x of none) f("x"); const [a, b = a ?? f("b")] = none; return [used, b]; } finally { prototype[Symbol.iterator] = original; }`,
  ],
  [
    "an error in the head of for-of closes the iterator of the loop",
    `for (const [x = fails("x")] of iterable([iterable([undefined, 1]), 2])) f("never", x);`,
  ],
  [
    "in the head of for, with closures over each iteration",
    `const made = []; for (let { i = f("i", 0), get = () => i } = {}, [n = f("n", 3)] = []; i < n; i++) made.push(() => i, get); return made.map((each) => each());`,
  ],
  [
    "in a catch, whose own names hide others",
    `const message = "outer"; try { fails("inner"); } catch ({ message, name = f("name"), none = f("none", () => message) }) { return [message, name, none()]; } finally { f("finally"); }`,
  ],
  [
    "in a catch around a finally that waits",
    `const g = () => { for (const n of [1, 2]) { try { try { fails("inner"); } catch ({ message: [first = f("first"), ...rest] }) { if (n === 1) continue; return [first, rest]; } } finally { f("finally " + n); } } };
     return g();`,
  ],
  [
    "names of functions and classes that are defaults",
    `const { a = () => f("a"), b = class {}, c: d = function () {}, [f("e")]: e = class { static field = 1; } } = {}; let g; [g = () => {}, f("o", {}).x = () => {}] = [];
     return [a.name, a(), b.name, d.name, e.name, e.field, g.name];`,
  ],
  [
    "a name that is read too early is an error",
    `try { const { a = b, b = f("b") } = {}; } catch (error) { log.push(error.name); } const { c = f("c"), d = () => c } = {}; return [c, d()];`,
  ],
  [
    "parameters",
    `function g(a, { b = f("b"), ...rest } = f("pattern", { x: 1 }), [c = f("c"), [d] = f("d", [1])] = iterable([]), e = f("e", () => a + b), ...[h = f("h"), ...i]) { f("body"); return [a, b, rest, c, d, e(), h, i, arguments.length]; }
     const arrow = ({ x = f("x") }, [y] = f("y", [2])) => [x, y]; const o = { m({ z = f("z") }, n = () => z) { z += 1; return n(); } };
     return [g(1), g(2, {}, [1, [2]], () => 3, 4, 5, 6), g.length, arrow({}), arrow({ x: 1 }, [3]), o.m({}), new (function ({ k = 1 }) { this.k = k; })({}).k];`,
  ],
  [
    "a pattern as the first parameter, where the list of a suspended function arrives",
    `const first = ({ a = f("a"), b }, c, [d = f("d")], { e } = f("e", { e: 1 })) => [a, b, c, d, e]; const rest = (...[a = f("a"), b = f("b"), ...c]) => [a, b, ...c];
     function own({ a = f("a") } = f("none", {})) { f("body"); return [a, arguments.length, arguments[0]]; } const given = ([a = f("a")], b = (f("b"), a)) => [a, b];
     return [first({ b: 1 }, 2, []), first({ a: 3 }, 4, [5], {}), rest(), rest(undefined, 6, 7), own(), own({ a: 8 }), given([]), given([9], 10)];`,
  ],
  [
    "parameters of a class's methods, with private names and super",
    `class A { #p = 1; m({ x = f("x", this.#p) } = {}) { return x; } }
     class B extends A { m({ y = super.m({}), [f("k", "z")]: z } = { z: 3 }) { return [y, z]; } static s([a = f("a", this.name)] = []) { return a; } }
     return [new B().m(), new B().m({ y: 1 }), B.s()];`,
  ],
  [
    "arguments in a parameter mean those of the call",
    `function g(a = f("a"), b = arguments.length, { c = arguments[0] } = {}, d = () => arguments[1]) { return [a, b, c, d()]; } return [g(), g(undefined, undefined, {}), g(1, 2)];`,
  ],
  [
    "patterns around other expressions that wait",
    `let a, b; const g = (...all) => all; return [g(f("1"), ([a = f("2")] = []), a, ({ b = f("3") } = {}).none, b), f("x") + ([a] = f("y", [1]))[0] + a, f("t", true) ? ({ a = f("q") } = {}) : 0, a];`,
  ],
];

for (const [name, body] of CASES) test(name, () => sameAsPlain(body));

interface Killed {
  readonly make: (log: string[]) => Fiber<any, any, any, any>;
}

test("a kill in a pattern closes the iterators around it", async () => {
  const { make } = await loadDirect<Killed>(`
    const of = (name, log, values) => ({ [Symbol.iterator]() { let at = 0; return { next: () => ({ value: values[at++], done: false }), return: () => (log.push("close " + name), {}) }; } });
    export const make = (log) => new Fiber(() => { for (const [a, [b = Fiber.yield("in")]] of of("loop", log, [of("outer", log, [1, of("inner", log, [])])])) log.push("never", a, b); });
  `);
  const log: string[] = [];
  const fiber = make(log);
  assert.equal(fiber.resume(), "in");
  fiber.kill();
  assert.deepEqual([log, fiber.alive], [["close inner", "close outer", "close loop"], false]);
});

test("a pattern that is resumed many times goes on where it was", async () => {
  const { make } = await loadDirect<Killed>(`
    export const make = () => new Fiber(() => { const out = []; for (const { a = Fiber.yield(1), b: [c = Fiber.yield(2), d = Fiber.yield(3)] = [] } of [{}, { b: [5] }, { a: 6 }]) out.push([a, c, d]); return out; });
  `);
  const fiber = make([]);
  const given: unknown[] = [fiber.resume()];
  while (fiber.alive) given.push(fiber.resume(`r${given.length}`));
  assert.deepEqual(given.at(-1), [
    ["r1", "r2", "r3"],
    ["r4", 5, "r5"],
    [6, "r6", "r7"],
  ]);
  assert.deepEqual(given.slice(0, -1), [1, 2, 3, 1, 3, 2, 3]);
});

test("a pattern may be as deep in calls as memory allows", async () => {
  const { sum } = await loadDirect<{ sum: (n: number) => number }>(`
    export const sum = (n) => { const [{ rest = n === 0 ? (yieldNow(), 0) : sum(n - 1) }] = [{}]; return rest + 1; };
  `);
  assert.equal(await run(sum as never, 20_000 as never), 20_001);
});
