/** Calls after which their function ends: it is not entered again, and everything else is as with any other call. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { transform } from "@fibril/compiler";
import { type Fiber, run } from "fibril";
import { loadDirect } from "./support/load-direct.js";
import { sameAsPlain } from "./support/same-as-plain.js";

const CASES: readonly (readonly [name: string, body: string])[] = [
  [
    "in the branches of an expression",
    `const pick = (n) => n === 0 ? f("zero") : n === 1 ? (f("a"), f("one")) : n > 3 && (n > 4 || f("four"));
     const other = (n) => n ?? f("none"); return [pick(0), pick(1), pick(2), pick(4), pick(5), other(1), other()];`,
  ],
  [
    "statements at the ends of blocks result in nothing",
    `const ends = (n) => { if (n === 0) { f("zero"); } else if (n === 1) f("one"); else { f("a"); { f("b"); } } };
     const logical = (n) => { n && f("logical"); }; return [ends(0), ends(1), ends(2), logical(1)];`,
  ],
  [
    "methods, private ones, those of super and functions with receivers",
    `class A { m(n) { return f("A.m", n); } } class B extends A { #p(n) { return super.m(n + 1); } m(n) { return this.#p(n); }
       other(o) { return o.#p(5); } static of() { return new this().m(1); } made() { return (log.push("made"), new B()).#p(7); } }
     const given = { m() { return this.n; }, n: 3 }; const called = () => given.m.call({ n: f("n", 4) }); const applied = () => given.m.apply({ n: 5 }, []);
     return [B.of(), new B().other(new B()), new B().made(), called(), applied(), (() => given["m"]())()];`,
  ],
  [
    "optional chains have their receivers",
    `const o = { n: 1, m(x) { log.push([this === o, x]); return f("m", this.n); } };
     const ends = () => { (o?.m)(0); }; const chain = () => { o?.m(1); }; const none = (a) => { a?.m(f("never")); };
     const last = () => (o?.m)(2); const long = (a) => a?.m(f("argument")); return [ends(), chain(), none(), last(), long(o), long()];`,
  ],
  [
    "waits in what is called, in arguments and in spreads",
    `const one = (...all) => all; const get = (name) => (f("get " + name), one);
     const calls = () => get("a")(f("x"), ...[f("y")], f("z")); const tagged = () => get("b")\`a\${f("t")}\`;
     const ends = () => { get("c")(f("u")); }; return [calls(), tagged().length, ends()];`,
  ],
  [
    "defaults, patterns and arguments",
    `function g({ a, b = a } = { a: f("a", 1) }, c = f("c", b)) { return one(a, b, c, arguments.length); } function one(...all) { return f("one", all); }
     const h = ({ a }, [b]) => one(a, b); return [g(), g({ a: 2 }, 3, 4), h({ a: 1 }, [2])];`,
  ],
  [
    "a loop closes its iterator after the call, and a finally runs after it",
    `const first = (all) => { for (const each of all) return f("in " + each); };
     const guarded = () => { try { return f("try"); } finally { f("finally"); } };
     const counted = () => { for (let n = 0; ; n++) if (n === 2) return f("n", n); };
     return [first(iterable(["x", "y"])), guarded(), counted()];`,
  ],
  [
    "errors of the call and of what is called",
    `const bad = (fn) => { try { return fn(); } catch (error) { return error.constructor.name; } };
     const thrown = () => fails("no"), missing = () => undefined.m(f("never")), none = () => ({}).m(f("argument")); const ends = () => { fails("end"); };
     return [bad(thrown), bad(missing), bad(none), bad(ends)];`,
  ],
  [
    "methods of arrays whose callbacks wait",
    `const each = (all) => all.map((n) => f("map", n * 2)); const ends = (all) => { all.forEach((n) => f("each " + n)); }; return [each([1, 2]), ends([3])];`,
  ],
];

for (const [name, body] of CASES) test(name, () => sameAsPlain(body));

test("a function that only ends with calls has no code to be entered again", () => {
  const { code } = transform(
    `"use fibers"; export const f = (a) => a ? g(a) : h(a); export function e(a) { if (a) g(a); }`,
    { file: "a.js" },
  );
  assert.doesNotMatch(code, /\$slots|\$pc|\$back/);
});

type Made = Fiber<any, any, any, any>;
const CHAIN = `
  const inner = () => { const given = Fiber.yield("in"); return given * 2; };
  class Middle { of() { return inner(); } ends() { inner(); } }
  const last = () => new Middle().of();
  const end = () => { new Middle().ends(); };
  export const make = (log) => ["last", "end"].map((which) => new Fiber(() => {
    try { log.push(which === "last" ? last() : end()); } catch (error) { log.push(error.message); } finally { log.push("finally"); }
  }));
`;

test("each function is in the backtrace, and takes a result, an error and a kill to its caller", async () => {
  const { make } = await loadDirect<{ make: (log: unknown[]) => Made[] }>(CHAIN);
  const log: unknown[] = [];
  for (const fiber of make(log)) {
    fiber.resume();
    assert.equal(fiber.backtrace()?.length, 4);
    fiber.resume(21);
  }
  for (const fiber of make(log)) {
    fiber.resume();
    fiber.raise(new Error("raised"));
  }
  for (const fiber of make(log)) {
    fiber.resume();
    fiber.kill();
  }
  const [given, nothing] = [
    [42, "finally"],
    [undefined, "finally"],
  ];
  const raised = ["raised", "finally"];
  assert.deepEqual(log, [...given, ...nothing, ...raised, ...raised, "finally", "finally"]);
});

test("what the finally of a killed function returns goes through its callers, as it does with yield*", async () => {
  const { make } = await loadDirect<{ make: () => Made[] }>(`
    const waits = () => { try { Fiber.yield("working"); } finally { Fiber.yield("cleaning"); } };
    const returns = () => { try { return waits(); } finally { return "instead"; } };
    const entered = () => { const value = returns(); return value; };
    const last = () => returns(), end = () => { returns(); };
    const each = () => { [1].forEach(last); }, mapped = () => [1].map(returns);
    export const make = () => [entered, last, end, each, mapped].map((fn) => new Fiber(fn));
  `);
  for (const fiber of make()) {
    assert.equal(fiber.resume(), "working");
    fiber.kill();
    assert.deepEqual([fiber.resume(), fiber.alive], ["instead", false]);
  }
});

test("the outermost function of a fiber, a function that is entered again, and any depth", async () => {
  const { down, later, twice } = await loadDirect<Record<string, any>>(`
    const pause = (n) => { yieldNow(); return n; };
    export const later = (n) => pause(n);
    export const twice = (n) => { const first = pause(n); yieldNow(); return later(first + 1); };
    export const down = (n) => n === 0 ? pause("bottom") : down(n - 1);
  `);
  assert.deepEqual([await run(later, 1), await run(twice, 1)], [1, 2]);
  assert.equal(await run(down, 100_000), "bottom");
});
