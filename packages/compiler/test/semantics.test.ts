/** What the language promises of generators, case by case: each runs natively and compiled, with the same traces. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compare, type Entry } from "./support/compare.js";

const NEXT: Entry = { how: "next", value: 1 };
const MANY: readonly Entry[] = Array.from({ length: 8 }, (_each, value): Entry => ({
  how: "next",
  value,
}));
const thrown: Entry = { how: "throw", value: new Error("injected") };
const returned: Entry = { how: "return", value: "early" };

/** Each of them after 0, 1, 2 and 3 steps, and then some more steps. */
const SCRIPTS: readonly (readonly Entry[])[] = [
  MANY,
  ...[0, 1, 2, 3].flatMap((steps) =>
    [thrown, returned].map((entry) => [...MANY.slice(0, steps), entry, NEXT, entry, NEXT, NEXT]),
  ),
];

const CASES: Readonly<Record<string, string>> = {
  "operands are evaluated from left to right": `log(p++) + (yield p) + log(p++) * (yield p++) + p`,
  "a method is read before its arguments": `log(object.method(yield (object.method = (v) => log("other", v))))`,
  "a number has methods and properties": `log((5).toFixed(yield 1), (7).toString(yield 2)); (9).none = yield 3`,
  "an assignment's target is evaluated before its value": `log(object)[log("key")] = yield; log(object.key)`,
  "a compound assignment reads before": `p += yield (p = 10); log(p); object.count *= yield (object.count = 5); log(object.count)`,
  "a logical assignment assigns only if it must": `p &&= yield 1; q ??= yield 2; let r; r ??= yield 3; log(p, q, r)`,
  "an optional chain ends early": `log(maybe(yield 0)?.count, maybe(1)?.count[yield "never"]?.x, object?.method?.(yield 3))`,
  "a template is converted piece by piece":
    "log(`${{ toString: () => log('first') }}${yield 1}${{ toString: () => log('last') }}`)",
  "finally runs whatever ends the try": `try { yield 1; return 2; } finally { log("finally"); yield 3; log("after"); }`,
  "a return in finally wins": `try { yield 1; throw 2; } finally { yield 3; return 4; }`,
  "break in finally stops an error": `for (;;) { try { throw yield 1; } finally { yield 2; break; } } log("on")`,
  "continue through two finallys": `for (let i = 0; i < 2; i++) { try { try { yield i; continue; } finally { yield "a"; } } finally { yield "b"; } }`,
  "a labelled break leaves a block": `out: { try { yield 1; break out; } finally { yield 2; } } log("out")`,
  "catch gets what the try throws, and its own errors pass": `try { yield 1; throw new Error("own"); } catch ({ message }) { log(message); yield 2; throw new Error("again"); } finally { log("end"); }`,
  "for-of closes its iterator": `for (const i of items(3)) { log(yield i); if (i === 1) break; } for (const i of items(2)) { yield i; }`,
  "a nested for-of closes from the inside": `for (const i of items(2)) for (const j of items(2)) yield [i, j];`,
  "a loop over an array sees how the array changes": `const a = [1, , 3]; for (const x of a) { log(x); if (x === 1) a.push(4); if (x === 4) a.length = 2; yield x; } log(a.length); for (const x of a) { yield a.push(5), x; if (a.length > 4) break; }`,
  "a program iterates an array in its own way": `const own = [1]; own[Symbol.iterator] = () => [7, 8].values(); for (const x of own) yield x; for (const x of [5, 6].entries()) yield x[1];`,
  "a program replaces the methods of array iterators": `const all = Object.getPrototypeOf([][Symbol.iterator]()); const { next } = all; let count = 0; all.next = function () { count++; all.next = next; return next.call(this); }; for (const x of [1, 2]) yield x; log(count); for (const x of [3, 4]) { yield x; all.return = () => { delete all.return; log("return"); return {}; }; break; }`,
  "a loop over what is not iterable": `for (const x of [{ [Symbol.iterator]: p }, null, 1]) try { for (const y of x) yield y; } catch (e) { log(e.name); }`,
  "an error of the loop's head closes too": `for (const { a: { b } } of [yield, {}]) log(b);`,
  "an object pattern takes its parts one after the other": `const { [yield 1]: a, b: { length: b } = yield 2, ...rest } = { 1: p, x: 3 }; ({ a: object[yield 3] = yield 4, ...object.rest } = { c: 5 }); log(a, b, rest, object.rest, Object.keys(object).length);`,
  "an array pattern closes its iterator, whichever way it is left": `const [a = yield 1, , b = yield 2, ...c] = items(2); [object[yield 3] = yield 4] = items(3); log(a, b, c); for (const [x, [y = yield x]] of [[1, items(0)], [2, items(2)]]) log(y);`,
  "a loop and a pattern use the iterator of arrays no more often than they were written to": `const { prototype } = Array, original = prototype[Symbol.iterator], none = { [Symbol.iterator]: () => ({ next: () => ({ done: true }) }) }; let used = 0; prototype[Symbol.iterator] = function () { used++; return original.call(this); }; try { for (const i of none) yield i; const [a = 1, b = a ?? (yield 2)] = none; p = b; } finally { prototype[Symbol.iterator] = original; } log(used, p);`,
  "a pattern in a catch": `try { throw { a: [p] }; } catch ({ a: [x = yield 1, y = yield 2], b = () => y }) { log(x, y, b()); }`,
  "the superclass and the names of a class": `const A = class extends (yield 1, Pair) { static [yield 2] = log("field"); [yield 3]() {} }; log(A.name, Object.getOwnPropertyNames(A.prototype), new A(1)); class B { static [(yield 4) ?? "k"] = () => B; } log(B.k?.() === B);`,
  "the call of a chain in parentheses": `log((object?.method)(yield 1), (yield 2)?.count, delete (yield 3)?.x); log((maybe(1)?.method)?.(yield "never"));`,
  "methods with computed names beside what suspends": `const o = { a: yield 1, [log("k")]() { return p; }, get [yield 2]() { return 3; }, b: class {}, c: yield 3 }; log(Object.keys(o), o.k(), o.b.name);`,
  "temporaries name no functions": `const f = [() => {}, class {}, yield 1]; log(f[0].name, f[1].name, ((yield 2) || (() => {})).name, ((yield 3) ? class {} : function () {}).name); yield class {}; try { return () => {}; } finally { yield 4; }`,
  "a property with the name __proto__, in short, is no prototype": `const __proto__ = yield 1; const o = { __proto__, z: yield 2 }; const s = { __proto__ }; log(Object.keys(o), Object.keys(s), o.z); const { __proto__: a, ...r } = { ["__proto__"]: yield 3, s: 4 }; log(a, r);`,
  "for-in goes over what there is": `const o = { a: 1, b: 2, c: 3 }; for (const k in o) { delete o.b; o.d = 1; yield k; }`,
  "a switch falls through, enters anywhere, and has one scope": `for (let i = 0; i < 4; i++) switch (i) { case 0: yield "zero"; case 1: let x = yield "one"; log(x); break; default: yield "other"; case 9: x = 3; log(x); }`,
  "tests of cases suspend in order": `switch (p) { case yield 0: log("first"); break; case (yield 1, p): yield "second"; default: log("third"); }`,
  "each iteration has a variable of its own": `const all = []; for (let i = 0; i < 3; i++) { all.push(() => i++, () => i); yield i; i += 0; } log(all.map((f) => f()))`,
  "closures see later changes": `let x = 1; const get = () => x; const set = (v) => (x = v); yield get; x = 5; log(get()); yield; set(7); log(x)`,
  "the dead zone": `keep(() => x); try { log(x); } catch (e) { log(e.name); } yield 1; let x = 2; yield 2; log(x)`,
  "a constant is constant": `const x = yield 1; try { x = 2; } catch (e) { log(e.message); } yield x; log(x)`,
  "hoisted functions and classes": `log(f(1)); yield; function f(n) { return n + later; } var later = 5; class A { static b = later; } yield f; log(f(1), A.b, A.name, f.name)`,
  "a name may be declared again in a block": `let x = 1; { let x = yield 2; log(x); x = 3; yield x; { const x = yield 4; log(x); } log(x); } log(x)`,
  "a name that stays in front of a wait hides one that is kept": `let x = 1; x++; { let x = 5; log(x); yield 2; } log(x); { const x = 6, y = x; log(y); yield 3; } log(x)`,
  "a name that stays behind a wait hides one that is kept": `let x = 1; x++; { yield 2; let x = 5; log(x); } log(x); { yield 3; function x() {} log(x.name); } log(x)`,
  "a sequence stays one value where it is moved": `try { if (p) return (0, p); } finally { yield 1; }`,
  "a sequence stays the value of a variable that is moved": `var w = (p++, q + 1); const get = () => w; yield 1; w++; log(get())`,
  "a sequence is the value of a variable in a block without a wait": `{ var w = (p++, q + 1); keep(() => w); } yield 1; w++; log(w)`,
  "functions get their names": `let a = () => {}; let b = class {}; yield 1; const c = function () {}; log(a.name, b.name, c.name); a = () => {}; const g = () => a; yield g; log(a.name)`,
  "this and arguments": `log(this === undefined, arguments.length, arguments[1]); yield arguments[0]; log((() => arguments[0])())`,
  "yield* passes everything on": `try { log(yield* inner(p)); } catch (e) { log(e.message); yield* inner(2); }`,
  "yield* closes what cannot throw": `yield* items(2)`,
  "do and while with a suspending test": `do { log("body"); if (p++ > 3) continue; } while ((yield p) < 4); while (yield "again") log("more");`,
  "a for whose three parts suspend": `for (let i = yield "init"; (yield "test") < 3; i = yield "update") { if (i > 2) continue; log(i); }`,
  "a generator inside": `const g = function* () { yield p; yield q; }; for (const v of g()) log(v, yield); log([...g()])`,
};

for (const [name, body] of Object.entries(CASES)) {
  test(name, () => {
    for (const script of SCRIPTS) {
      const { native, compiled, leftAlone, code } = compare(
        `(function* f(p, q) { ${body} })`,
        script,
      );
      assert.equal(leftAlone, undefined);
      assert.deepEqual(compiled, native, code);
    }
  });
}
