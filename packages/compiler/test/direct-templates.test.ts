/** Templates with tags, chains in parentheses and JSX in direct style: their parts may wait, and so may what they call. */
import { test } from "node:test";
import { sameAsPlain } from "./support/same-as-plain.js";

const CASES: readonly (readonly [name: string, body: string])[] = [
  [
    "the tag and the substitutions of a template, from left to right",
    `const tag = (strings, ...values) => { f("tag"); return [strings, strings.raw, ...values]; };
     return [f("get", tag)\`a\${f("x")}b\\n\${1}\${f("y")}\`, tag\`\`, f("get", tag)\`\${f("z")}\`, tag\`\\u{\`, \`\${f("inside", tag\`1\${f("w")}\`)}\`];`,
  ],
  [
    "a tag that is a method has its receiver",
    `const o = seen("o", { n: 1, tag(strings, ...values) { f("tag"); return [this.n, ...strings, ...values]; } });
     class A { #n = 2; #tag(...all) { f("private"); return [this.#n, ...all.slice(1)]; } m() { return this.#tag\`\${f("x")}\`; } static s(...all) { f("super"); return [this.name, ...all[0]]; } }
     class B extends A { static t() { return super.s\`z\`; } }
     return [f("o", o).tag\`\${f("x")}\`, o[f("key", "tag")]\`\${f("y")}\`, new A().m(), B.t()];`,
  ],
  [
    "a template has one object, which is frozen, in all calls of its function",
    `const objects = []; const tag = (strings) => { f("tag"); objects.push(strings); return strings; };
     const g = (n) => { tag\`a\${f(n)}b\`; tag\`a\${f(n)}b\`; if (n > 0) g(n - 1); }; g(1); for (const n of [1, 2]) tag\`\${n}\`;
     const [a, b, c, d, e, h] = objects; return [a === c, b === d, a !== b, e === h, Object.isFrozen(a), Object.isFrozen(a.raw), a.length];`,
  ],
  [
    "a tag that is no function, after its substitutions",
    `try { f("none", undefined)\`\${f("x")}\`; } catch (error) { log.push(error.name); } const o = {}; return o.tag\`\${f("y")}\`;`,
  ],
  [
    "the tag of a template is a template, and a template is called",
    `const tag = (strings) => { f("tag " + strings[0]); return tag; }; tag\`a\`\`b\${f("x")}\`([f("y")])\`c\`; return tag\`d\`.name;`,
  ],
  [
    "the call of a chain in parentheses has its receiver, and is made where the chain ends early",
    `const o = { n: 1, m(...all) { f("m"); return [this.n, ...all]; }, get p() { log.push("get p"); return { n: 2, m: this.m }; } };
     const none = undefined; const out = [(o?.m)(f("x")), (f("o", o)?.p.m)(f("y"), ...f("z", [1])), (o?.p?.[f("key", "m")])(), (o?.m)\`\${f("t")}\`, (f("o", o)?.m(f("a"))[0])];
     try { (none?.m)(f("evaluated")); } catch (error) { log.push(error.name); } try { (f("none", none)?.m.n)\`\${f("evaluated")}\`; } catch (error) { log.push(error.name); }
     return [...out.map((each) => JSON.stringify(each)), (o?.m(f("b")).at)(0), (f("o", o)?.m)?.(f("c")), (none?.m)?.(f("never"))];`,
  ],
  [
    "the same with a private name and with super",
    `class A { #n = 1; #m(k) { f("m"); return [this.#n, k]; } call(o) { return (o?.#m)(f("k")); } get n() { return { v: 3, w(k) { f("w"); return [this.v, k]; } }; } }
     class B extends A { go() { return [(super.n?.w)(f("s")), (super.call?.call)(this, this)]; } } return [new A().call(new A()), new B().go()];`,
  ],
  [
    "a chain that begins with a call in which nothing can wait",
    `const quiet = (value) => value; const o = { m(k) { return k; } }; return [quiet(o)?.m(f("x")), quiet?.(o).m(f("y")), (quiet(o)?.m)(f("z")), quiet(f("n", null))?.m(f("never"))];`,
  ],
  [
    "a tag in which nothing can wait, and calls of what never waits in a chain",
    `const quiet = (strings, ...values) => [strings.raw.join("|"), ...values]; const o = { quiet };
     return [String.raw\`a\\n\${f("x")}b\${f("y")}\`, quiet\`\${f("x")}c\${f("y")}\`, (f("o", o)?.quiet)\`\${f("z")}\`, [f("a"), f("b")].concat(f("c"))?.length, ("" + f("d")).concat(f("e"))?.at?.(f("at", 1)), [f("g", o)].at(0).quiet\`\`.length];`,
  ],
  [
    "JSX: the tag, attributes and children, from left to right",
    `const A = { label: "A" }; let B = { label: "B" }; const change = (label) => { B = { label: "changed" }; return f(label); }; const o = seen("o", { B, rest: { r: 1 } });
     const element = <A a={f("a")} b="text" c {...f("spread", o.rest)} d={<i x={f("x")} />}>  text {f("child")} {/* nothing */}
       <B>{change("b")}</B><o.B y={f("y")}>{...f("list", [1])}</o.B> <a-b:c/> {f("last")} end </A>;
     return [element, <>{f("in a fragment")}<A />{f("z")}</>, <B />, JSON.stringify(<o.B />)];`,
  ],
  [
    "JSX: what is read before a wait keeps its value",
    `let n = 1; const change = () => { f("change"); n = 10; return n; }; const from = { n }; return <p a={n} {...from} b={change((from.n = 5))}>{n}<b>{n}</b>{(f("x"), (n = 3))}{n}</p>;`,
  ],
  [
    "JSX: an error, a condition and a loop inside",
    `const List = { label: "List" }; try { return <List a={f("a")} b={fails("b")} c={f("never")} />; } catch (error) { return <List>{[1, 2].map((n) => <i key={n}>{f("i" + n)}</i>)}{f("t", true) && <b>{f("yes")}</b>}{f("u", false) ? <u>{f("never")}</u> : null}</List>; }`,
  ],
  [
    "delete of what waits",
    `const o = { a: 1, b: { c: 2 }, d: 3 }; const none = undefined;
     return [delete f("o", o).a, delete f("o", o)?.b.c, delete f("none", none)?.x[f("never")], delete o[f("key", "d")], delete f("value"), delete f("o", o)?.toString(), o];`,
  ],
];

for (const [name, body] of CASES) test(name, () => sameAsPlain(body));
