/** Small programs of fibers, each run plainly and compiled: both say the same. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { transform } from "@fibril/compiler";
import { folderWith } from "./support/folder.js";

const PROGRAMS: Readonly<Record<string, string>> = {
  "a generator that is declared in a routine and used before its wait": `
    function* outer() {
      function* child() { yield* Fiber.yield(1); }
      const first = new Fiber(child).resume();
      yield* Fiber.yield(first);
    }
    log(new Fiber(outer).resume());`,
  "a variable of one group that a function sees which is used after it": `
    const fiber = new Fiber(function* () {
      yield* Fiber.yield(0);
      let a = 1;
      function get() { return a; }
      log(get());
      yield* Fiber.yield(1);
      return get();
    });
    log(fiber.resume(), fiber.resume(), fiber.resume());`,
  "a function that a generator inside sees": `
    const fiber = new Fiber(function* () {
      yield* Fiber.yield(0);
      function one() { return 1; }
      function* inside() { return one() + (yield* Fiber.yield("inside")); }
      return yield* inside();
    });
    log(fiber.resume(), fiber.resume(), fiber.resume(2));`,
  "a var without a value beside one that waits": `
    const fiber = new Fiber(function* () {
      var a = 1, b, c = yield* Fiber.yield(a);
      return [a, b, c];
    });
    log(fiber.resume(), fiber.resume(3));`,
  "methods, with this, super, private names, patterns and rests": `
    class Base { *run(n) { return n + (yield* Fiber.yield(n)); } }
    class Counter extends Base {
      #n = 1;
      *run({ by = 2, ...others } = {}, [first] = [7], ...rest) {
        const a = yield* super.run(this.#n);
        this.#n += by;
        const more = yield* this.more(1, 2, 3, 4, 5, 6);
        return [a, this.#n, others, first, rest, more, arguments.length];
      }
      *more(...all) { return all.length + (yield* Fiber.yield(all)); }
    }
    const counter = new Counter();
    const fiber = new Fiber(() => counter.run({ by: 3, x: 1 }, undefined, 8, 9));
    log(fiber.resume(), fiber.resume(10), fiber.resume(20));
    const killed = new Fiber(() => counter.run());
    log(killed.resume(), killed.kill() === killed, killed.alive);
    const rest = new Fiber(function* (...all) { return [all, yield* Fiber.yield(arguments.length)]; });
    log(rest.resume(1, 2, 3, 4, 5), rest.resume("x"));
    const five = new Fiber(function* (a, b, c, d, e, f = 6) { return yield* Fiber.yield([a, e, f]); });
    log(five.resume(1, 2, 3, 4, 5), five.resume("x"));`,
  "a continue in an inner finally takes a return back": `
    const make = () => new Fiber(function* () {
      for (const n of [1, 2]) {
        try {
          for (const i of [1, 2]) {
            try { if (n > 0) return yield* Fiber.yield([n, i]); } finally { if (i > 0) continue; }
          }
        } finally { log(yield* Fiber.yield("clean-up")); }
      }
      return "end";
    });
    const fiber = make();
    for (let i = 0; fiber.alive && i < 20; i++) log(fiber.resume(i));
    const killed = make();
    log(killed.resume());
    killed.kill();
    for (let i = 0; killed.alive && i < 20; i++) log(killed.resume(i));`,
  "a wait that is refused runs finally": `
    const fiber = new Fiber(function* () {
      try { yield* Fiber.yield(1); } finally { log("closed"); }
    });
    fiber.transfer();`,
  "a wait that is refused closes the iterator of its loop": `
    function* items() { try { yield 1; } finally { log("closed"); } }
    const fiber = new Fiber(function* () {
      for (const item of items()) yield* Fiber.yield(item);
    });
    fiber.transfer();`,
  "a wait that is refused and caught goes on": `
    const fiber = new Fiber(function* () {
      try {
        try { yield* Fiber.yield(1); } catch (error) { log("caught"); }
      } finally { log("closed"); }
      for (const item of [1, 2]) log(item);
      return "end";
    });
    log(fiber.transfer());`,
  "a var beside one that a closure sees": `
    const fiber = new Fiber(function* () {
      var a = 1, b = 2;
      const get = () => a;
      yield* Fiber.yield(b);
      a++;
      return get();
    });
    log(fiber.resume(), fiber.resume());`,
  "a var of a pattern beside one that a closure sees": `
    const seen = [];
    const fiber = new Fiber(function* () {
      for (var [key, unused] of new Map([[1, 2], [3, 4]])) {
        seen.push(() => key);
        yield* Fiber.yield(unused);
      }
      return seen.map((get) => get());
    });
    log(fiber.resume(), fiber.resume(), fiber.resume());`,
  "a var has no value at first, whatever the fiber was given": `
    const fiber = new Fiber(function* () { var x; yield* Fiber.yield(x); return x; });
    log(fiber.resume("extra"), fiber.resume());
    const more = new Fiber(function* (a) { yield* Fiber.yield(a); var y; yield* Fiber.yield(y); y = 1; yield* Fiber.yield(y); });
    log(more.resume(1, 2, 3, 4), more.resume(), more.resume());`,
  "delete of a chain that waits": `
    function* object() { return yield* Fiber.yield("o"); }
    const fiber = new Fiber(function* () {
      const it = { x: 1 };
      log(delete (yield* object())?.x, it.x);
    });
    fiber.resume(); fiber.resume({ x: 2 });`,
  "a call of a chain in parentheses keeps this": `
    const o = { name: "o", m(v) { return [this.name, v]; } };
    const fiber = new Fiber(function* () {
      log((o?.m)(yield* Fiber.yield()));
    });
    fiber.resume(); fiber.resume("v");`,
  "a tag of a chain in parentheses keeps this": `
    const o = { name: "o", m(parts, v) { return [this.name, parts.length, v]; } };
    const fiber = new Fiber(function* () {
      log((o?.m)\`a\${yield* Fiber.yield()}b\`);
    });
    fiber.resume(); fiber.resume("v");`,
  "the options of an import are kept": `
    const fiber = new Fiber(function* () {
      return import(yield* Fiber.yield("name"), yield* Fiber.yield("options"));
    });
    log(fiber.resume(), fiber.resume("data:text/javascript,"), typeof fiber.resume({}).then);`,
};

const folder = folderWith({});
let count = 0;

async function said(text: string): Promise<unknown[]> {
  const file = join(folder, `program-${count++}.mjs`);
  writeFileSync(file, text);
  const { main } = (await import(pathToFileURL(file).href)) as {
    main: (log: (...entries: unknown[]) => void) => void;
  };
  const entries: unknown[] = [];
  try {
    main((...each) => void entries.push(each));
  } catch (error) {
    entries.push(String(error));
  }
  return entries;
}

for (const [name, body] of Object.entries(PROGRAMS)) {
  test(name, async () => {
    const text = `import { Fiber } from "fibril";\nexport function main(log) {${body}\n}\n`;
    const { code } = transform(text, { file: "program.mjs" });
    const plain = await said(text);
    assert.ok(plain.length > 0);
    assert.deepEqual(await said(code), plain, code);
  });
}
