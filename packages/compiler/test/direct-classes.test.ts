/** Classes and objects in direct style: what is evaluated where they stand may wait. */
import { test } from "node:test";
import { sameAsPlain } from "./support/same-as-plain.js";

const CASES: readonly (readonly [name: string, body: string])[] = [
  [
    "the superclass and the computed names of a class, in their order; its fields and blocks come after",
    `class A { v() { return f("A.v"); } }
     class B extends f("B", A) { [f("m", key("m"))]() { f("in m"); return super.v(); } static [f("s", key("s"))] = log.push("field s"); get [f("g", key("g"))]() { return 1; }
       static { log.push("block"); } static async *[key("last")]() {} #p = 2; p() { return f("p", this.#p); } }
     const b = new B(); return [B.name, b.m(), b.g, b.p(), Object.getOwnPropertyNames(B.prototype), Object.getOwnPropertyNames(B), Object.getPrototypeOf(B) === A];`,
  ],
  [
    "class expressions and their names",
    `const A = class extends f("Object", Object) {}; const B = class C { static [f("name", "own")] = C; }; let D; D = class { [f("x")]() {} }; const o = { E: class extends f("O", Object) {}, [f("k", "F")]: class { [f("y")]() {} }, g: f("g") };
     const { G = class extends f("P", Object) {} } = {}; const list = [class extends f("1", Object) {}, f("2"), class { static [f("3")] = 1; }];
     return [A.name, B.name, B.own === B, D.name, o.E.name, o.F.name, G.name, list.map((each) => each.name)];`,
  ],
  [
    "a key that is a symbol, a number or an object",
    `const s = Symbol("s"); class A { [f("s", s)]() { return f("symbol"); } [f("n", 1e3)]() { return f("number"); } [f("o", { toString() { log.push("to string"); return "o"; } })]() { return 3; } [f("last", "z")]() {} } const a = new A();
     return [a[s](), a[1000](), a.o(), A.prototype[s].name, A.prototype[1000].name];`,
  ],
  [
    "what is no superclass is an error",
    `for (const none of [undefined, 5, () => {}, {}]) { try { class A extends f("none", none) {} } catch (error) { log.push(error.name); } }
     class N extends f("null", null) { static [f("n", "n")] = 1; } return [N.n, Object.getPrototypeOf(N.prototype)];`,
  ],
  [
    "an error in a name leaves the class undeclared",
    `let read; try { read = () => A; class A { [f("a")]() {} [fails("b")]() {} static { log.push("never"); } } } catch (error) { log.push(error.message); } try { read(); } catch (error) { return error.name; }`,
  ],
  [
    "a class in a loop is another one each time",
    `const made = []; for (const n of [1, 2]) { class A { static [f("n", "n")] = n; static get() { return f("get", A); } } made.push(A); } return [made.map((each) => each.n), made[0] === made[1], made[1].get() === made[1]];`,
  ],
  [
    "this, super, arguments and the private names of a class around mean what they mean outside",
    `class A { #k = "k"; m() { return { [f("made", "x")]: class { [f("key", this.#k)] = 1; static n = 2; } }; } name(n) { return "s" + n; } }
     class B extends A { make() { return class { static [super.name(f("1", arguments.length))] = this === undefined; static [f("2")] = 1; }; } }
     const { x } = new A().m(); return [new x().k, x.n, Object.keys(new B().make(1, 2))];`,
  ],
  [
    "heads that use the class's own names stay as they are",
    `f("called"); try { (class A extends A {}); } catch (error) { log.push(error.name); } class B { static #p = 1; static [(() => { try { return B; } catch (error) { return error.name; } })()] = 1; static [#p in Object({})] = 2; } return Object.keys(B);`,
  ],
  [
    "methods and accessors with computed names beside what waits",
    `const base = { greet() { return f("greet"); } };
     const o = { a: f("a"), [f("m", key("m"))](n) { return f("m", n); }, get [f("g", key("g"))]() { return 1; }, set [key("g")](n) { log.push(n); }, async *[key("s")]() {}, b: f("b"), [key("k")]: () => f("k"), [f("l")]: function () { return f("l"); }, [key("c")]: class {}, d: class {}, "e": class {}, 1: class {}, __proto__: class {}, ...f("spread", { z: 1 }), last: f("last") };
     o.g = 3; return [Object.keys(o), o.m(1), o.g, o.k(), o.l(), [o.m, o.s, o.k, o.l, o.c, o.d, o.e, o[1], Object.getPrototypeOf(o)].map((each) => each.name)];`,
  ],
  [
    "methods of objects that use super",
    `const base = { greet(n) { return f("base " + this.name, n); } }; const o = { __proto__: base, name: "o", greet(n) { return super.greet(n) + 1; }, "quoted"() { return super.greet(2); }, a: 1, get g() { return 2; } };
     const p = { name: "p", [f("key", "k")]: f("value"), 5() { return super.toString === f("x", Object.prototype.toString); } }; return [o.greet(1), o.quoted(), p[5](), Object.keys(o), o.greet.name];`,
  ],
  [
    "a method that uses super and is replaced in its object",
    `const plain = { greet: (0, Object.prototype).toString }; const base = { greet() { return f("base"); } };
     const o = { __proto__: base, greet() { return super.greet(); }, ...plain }; const p = { __proto__: base, greet() { return super.greet(); }, ["greet"]: plain.greet }; const q = { __proto__: base, greet() { return super.greet(); }, greet: plain.greet };
     return [f("a"), o.greet(), p.greet(), q.greet()];`,
  ],
  [
    "a private method that an object does not have is an error before the arguments",
    `class A { #p(n) { return f("p", n); } of(o) { return o.#p(f("argument")); } own() { return this.#p(...[f("argument")]) + 1; } }
     const tell = (fn) => { try { return fn(); } catch (error) { return error.name; } }; const a = new A();
     return [tell(() => a.of(a)), tell(() => a.of({})), tell(() => a.of(null)), tell(() => A.prototype.own.call({}))];`,
  ],
  [
    "methods of numbers",
    `Object.defineProperty(Number.prototype, "times", { configurable: true, value: function (fn) { for (let n = 0; n < this; n++) fn(n); return this + 0; } });
     try { const last = () => (2).times(f), each = () => { 1..times(f); }; return [last(), each(), (2).times(f("argument", f)), 0x1.times(f), (f("x"), 1).times(f)]; } finally { delete Number.prototype.times; }`,
  ],
  [
    "names of functions and classes that are kept, or chosen",
    `const list = [() => {}, class {}, f("a")]; const chosen = f("b", false) || class {}; const other = f("c", true) ? class {} : f("d"); const g = (...all) => all; return [list[0].name, list[1].name, chosen.name, other.name, g(class {}, f("e"))[0].name];`,
  ],
];

for (const [name, body] of CASES) test(name, () => sameAsPlain(body));
