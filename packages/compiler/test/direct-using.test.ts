/** `using` in direct style: a block may wait, and so may the disposal at its end. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Fiber, run } from "fibril";
import { transform } from "@fibril/compiler";
import { load, loadDirect } from "./support/load-direct.js";
import { sameAsPlain } from "./support/same-as-plain.js";

const CASES: readonly (readonly [name: string, body: string])[] = [
  [
    "resources are disposed of at the end of their block, the last first",
    `{ using a = resource("a"); f("between"); using b = f("b", resource("B")), c = resource("c"); f("end"); log.push(a.name + b.name + c.name); } f("after"); using d = null, e = f("e", undefined); return "returned";`,
  ],
  [
    "a block without any call",
    `let name; { using a = resource("a"); name = a.name; } return name;`,
  ],
  [
    "a value that is returned is evaluated before the disposal",
    `const g = () => { using a = resource("a"); return f("returned", a.name); }; const arrow = (n) => { if (n > 0) { using b = resource("b"); return n; } return f("none"); }; return [g(), arrow(1), arrow(0)];`,
  ],
  [
    "break, continue and labels leave blocks with resources",
    `outer: for (const n of iterable([1, 2, 3, 4])) { using a = resource("a" + n); if (n === 1) continue; for (;;) { using b = resource("b" + n); if (n === 2) continue outer; if (n === 3) break; break outer; } f("body " + n); }
     block: { using c = resource("c"); if (f("leaves", true)) break block; f("never"); }
     switch (f("s", 1)) { case 1: { using d = resource("d"); break; } default: f("never"); }`,
  ],
  [
    "an error of the block, and errors of the disposal",
    `const errors = []; const attempt = (g) => { try { g(); } catch (error) { errors.push(chainOf(error)); } };
     attempt(() => { using a = resource("a"); fails("body"); });
     attempt(() => { using a = resource("a", new Error("A")); f("body"); });
     attempt(() => { using a = resource("a", new Error("A")), b = resource("b", new Error("B")); fails("body"); });
     attempt(() => { using a = resource("a"), b = resource("b", new Error("B")); return f("lost"); });
     attempt(() => { for (;;) { using a = resource("a", new Error("A")); break; } });
     attempt(() => { using a = resource("a"); using b = fails("init"); });
     return errors;`,
  ],
  [
    "what has no disposal is an error, and what was declared before is disposed of",
    `for (const wrong of [5, {}, { [Symbol.dispose]: 1 }]) { try { using a = resource("a"), b = f("b", wrong); f("never"); } catch (error) { log.push(error.name); } }`,
  ],
  [
    "the disposal is read once, at the declaration",
    `const o = resource("o"); const inside = (() => { using a = seen("o", o); o[Symbol.dispose] = () => f("never"); f("body"); return a.name; })(); return inside;`,
  ],
  [
    "in the head of for-of, each element is disposed of after its time",
    `const made = []; for (using r of iterable([resource("1"), null, resource("2"), resource("3", new Error("3"))])) { made.push(() => r?.name); if (r?.name === "2") { f("continues"); continue; } f("body"); }`,
  ],
  [
    "in the head of for-of, an error and a break close the iterator after the disposal",
    `const g = (leave) => { for (using r of iterable([resource("1"), resource("2")])) { if (leave()) return "left"; } }; try { g(() => fails("body")); } catch (error) { log.push(error.message); } return g(() => true);`,
  ],
  [
    "closures over resources, and resources in try, catch and finally",
    `const kept = []; try { using a = resource("a"); kept.push(() => a.name); fails("try"); } catch (error) { using b = resource("b"); kept.push(() => b.name + error.message); } finally { using c = resource("c"); f("finally"); }
     for (let i = 0; i < 2; i++) { using d = resource("d" + i); kept.push(() => d.name + i); } return kept.map((each) => each());`,
  ],
];

for (const [name, body] of CASES) test(name, () => sameAsPlain(body));

interface Made {
  readonly make: (log: unknown[]) => Fiber<any, any, any, any>;
}

test("a kill disposes of every resource, also one that comes while a disposal waits", async () => {
  const { make } = await loadDirect<Made>(`
    const resource = (name, log) => ({ [Symbol.dispose]() { try { log.push(name); Fiber.yield("disposing of " + name); } finally { log.push(name + " ends"); } } });
    export const make = (log) => new Fiber(() => { for (const n of [1, 2]) { using a = resource("a", log), b = resource("b", log), c = resource("c", log); Fiber.yield("working"); } log.push("never"); });
  `);
  const log: unknown[] = [];
  const fiber = make(log);
  log.push(fiber.resume());
  fiber.kill();
  for (let n = 0; n < 5 && fiber.alive; n++) fiber.resume();
  assert.deepEqual(log, ["working", "c", "c ends", "b", "b ends", "a", "a ends"]);
  assert.equal(fiber.alive, false);

  const second: unknown[] = [];
  const other = make(second);
  second.push(other.resume());
  second.push(other.resume());
  other.kill();
  for (let n = 0; n < 5 && other.alive; n++) other.resume();
  assert.deepEqual(second, [
    "working",
    "c",
    "disposing of c",
    "c ends",
    "b",
    "b ends",
    "a",
    "a ends",
  ]);
});

test("a class that is a resource is named", async () => {
  const { main } = await loadDirect<{ main: () => string }>(
    "export const main = () => { using A = class { static [Symbol.dispose]() {} }; return A.name; };",
  );
  assert.equal(main(), "A");
});

test("what is raised in a disposal is its error", async () => {
  const { make } = await loadDirect<Made>(`
    const resource = (name) => ({ [Symbol.dispose]() { Fiber.yield("disposing of " + name); } });
    export const make = () => new Fiber(() => { try { using a = resource("a"), b = resource("b"); throw new Error("body"); } catch (error) { return [error.name, error.error.message, error.suppressed.error.message, error.suppressed.suppressed.message]; } });
  `);
  const fiber = make([]);
  assert.equal(fiber.resume(), "disposing of b");
  assert.equal(fiber.raise(new Error("B")), "disposing of a");
  assert.deepEqual(fiber.raise(new Error("A")), ["SuppressedError", "A", "B", "body"]);
});

test("a wait that is returned happens before the disposal, so its function is no case of a select", async () => {
  const { main } = await loadDirect<{ main: (log: unknown[]) => unknown }>(`
    const resource = (log) => ({ [Symbol.dispose]() { log.push("disposed of"); } });
    const inBlock = (log) => { using a = resource(log); return sleep(0); };
    const inLoop = (log) => { for (using a of [resource(log)]) return sleep(0); };
    const codeOf = (gives) => { try { select([gives]); } catch (error) { return error.code; } };
    export const main = (log) => [codeOf(() => inBlock(log)), codeOf(() => inLoop(log))];
  `);
  const log: unknown[] = [];
  assert.deepEqual(await run(main as never, log as never), ["native-crossing", "native-crossing"]);
  assert.deepEqual(log, ["disposed of", "disposed of"]);
});

test("using in the head of a for, or twice for one body, beside calls is refused", () => {
  for (const text of [
    "for (using a = g(); h(); ) h();",
    "for (using a = g; ; ) return h();",
    "for (using a of g()) { using b = h(); }",
  ]) {
    assert.throws(() => transform(`"use fibers"; export const f = (g, h) => { ${text} };`), {
      message: /cannot be compiled: using /,
    });
  }
});

test("in a routine, a block with resources may wait, and its end does not", async () => {
  const text = `
    import { Fiber, run } from "fibril";
    const resource = (name, log, error) => ({ name, [Symbol.dispose]() { log.push("dispose of " + name); if (error) throw new Error(error); } });
    export function* work(log) {
      "use fiber";
      using a = resource("a", log);
      for (using b of [resource("b1", log), resource("b2", log)]) { log.push(yield* Fiber.yield(b.name)); if (b.name === "b2") break; }
      try { using c = resource("c", log, "C"), d = yield* Fiber.yield(resource("d", log)); throw new Error("body"); }
      catch (error) { log.push(error.error.message, error.suppressed.message); }
      return yield* Fiber.yield("last");
    }`;
  const outcomes = [];
  for (const compiled of [false, true]) {
    const { work } = await load<{ work: (log: unknown[]) => never }>(text, compiled);
    const log: unknown[] = [];
    const fiber = new Fiber(work) as Fiber<any, any, any, any>;
    log.push(fiber.resume(log), fiber.resume(1), fiber.resume(2));
    log.push(fiber.resume({ [Symbol.dispose]: () => log.push("dispose of d") }));
    fiber.kill();
    outcomes.push(JSON.stringify([log, fiber.alive]));
  }
  assert.equal(outcomes[1], outcomes[0]);
  assert.match(outcomes[0] as string, /"last","dispose of a"\],false\]$/);
});
