/**
 * SUSPEND never reaches code that does not expect it. A wait below a frame that is not in direct style is an error, whatever
 * frame that is, and nothing is left behind by it.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, Fiber, type FiberError, run } from "fibril";
import { direct, into, registers } from "fibril/frames";
import { loadDirect } from "./support/load-direct.js";

/** Expressions that call `waits()` through something that cannot be suspended, and what the message calls that. */
const BETWEEN: readonly (readonly [expression: string, name: RegExp])[] = [
  ["[2, 1].sort(() => waits())", /called by Array\.sort,/],
  ["[2, 1].toSorted?.(() => waits()) ?? [2, 1].sort(() => waits())", /called by Array\.\w+,/],
  ["JSON.parse('[1]', () => waits())", /called by JSON\.parse,/],
  ["JSON.stringify({ toJSON: () => waits() })", /called by JSON\.stringify,/],
  ["'a'.replace(/a/, () => waits())", /called by String\.replace,/],
  ["new Map([[1, 2]]).forEach(() => waits())", /called by Map\.forEach,/],
  ["new Set([1]).forEach(waits)", /waits was called by Set\.forEach,/],
  ["Array.from([1], () => waits())", /called by .*from,/],
  ["Reflect.apply(waits, null, [])", /waits was called by/],
  ["Reflect.construct(function F() { waits(); }, [])", /cannot wait/],
  ["new (class A { constructor() { waits(); } })()", /cannot wait/],
  ["new (class A { x = waits(); })()", /cannot wait/],
  ["class A { static x = waits(); }", /cannot wait/],
  ["({ get x() { return waits(); } }).x", /cannot wait/],
  ["({ set x(n) { waits(); } }).x = 1", /cannot wait/],
  ["`${{ toString: () => waits() }}`", /cannot wait/],
  ["+{ valueOf: () => waits() }", /cannot wait/],
  ["'k' in new Proxy({}, { has: () => waits() })", /cannot wait/],
  ["class A { static #p = 1; static [#p in waits()] = 2; }", /cannot wait/],
  ["(class A extends (waits(), A) {})", /cannot wait/],
  ["({ m() { return super.x, waits(); }, ...{} }).m()", /m was called by/],
  ["new Proxy(waits, {})()", /waits was called by/],
  ["new Proxy(waits, { get: (t, k, r) => r, apply: (t) => t() })()", /cannot wait/],
  ["waits.bind(null)()", /waits was called by/],
  ["for (const x of { [Symbol.iterator]: () => ({ next: () => waits() }) }) x;", /cannot wait/],
  ["const [x] = { [Symbol.iterator]: () => ({ next: () => waits() }) };", /cannot wait/],
  ["for (const x of { *[Symbol.iterator]() { yield waits(); } }) x;", /cannot wait/],
  ["plain(waits)", /waits was called by plain,/],
  ["heir()", /cannot wait/],
  ["eval.call(null, '1'), Function.prototype.call.call(waits, null)", /waits was called by/],
];

const TEXT = `
export const waits = () => { yieldNow(); return { done: true }; };
export const make = (plain, heir) => ({
${BETWEEN.map(([expression], n) => `  f${n}: () => { ${expression} },`).join("\n")}
});
`;

interface Module {
  readonly waits: () => unknown;
  readonly make: (plain: unknown, heir: unknown) => Record<string, () => unknown>;
}

/** Not in direct style. */
function plain(work: () => unknown): unknown {
  return work();
}

test("a wait below any other frame is a native crossing, thrown at the wait", async () => {
  const { make, waits } = await loadDirect<Module>(TEXT);
  const heir = Object.setPrototypeOf(() => waits(), waits) as () => unknown;
  const functions = make(plain, heir);
  await run(function* () {
    for (const [n, [expression, name]] of BETWEEN.entries()) {
      let error: unknown;
      try {
        yield* call(functions[`f${n}`] as never);
      } catch (thrown) {
        error = thrown;
      }
      assert.ok(error instanceof Error, `${expression}: nothing was thrown`);
      assert.equal(
        (error as FiberError).code,
        "native-crossing",
        `${expression}: ${error.message}`,
      );
      assert.match(error.message, name, expression);
      // Nothing is left behind: the same function waits when it is called otherwise.
      assert.deepEqual(yield* call(waits as never), { done: true });
    }
  });
});

test("a function that an eval has replaced is not taken for the one that was declared", async () => {
  const { main } = await loadDirect<{ main: (given: unknown) => unknown }>(`
    function work() { return waits(); }
    const waits = () => { yieldNow(); return "waited"; };
    const replace = async (plain) => { eval("work = () => plain(waits)"); };
    export const main = (plain) => { replace(plain); return work(); };
  `);
  await assert.rejects(() => run(main as never, plain as never), { code: "native-crossing" });
});

test("a yield below other code is a native crossing too, and the next one works", async () => {
  const { make } = await loadDirect<{ make: () => Fiber<any, any, any, any> }>(`
    const tries = () => { try { Fiber.yield(1); } catch (error) { return error.code; } };
    export const make = () => new Fiber(() => { const codes = []; [2, 1].sort(() => { codes.push(tries()); return 0; }); return [codes, Fiber.yield(2)]; });
  `);
  const fiber = make();
  assert.deepEqual([fiber.resume(), fiber.resume(3)], [2, [["native-crossing"], 3]]);
});

test("a function that was called before its module has marked it gets the word afterwards", () => {
  const early = (): void => undefined;
  const wordFor = (fn: () => void): number => {
    into(0, fn, 1);
    const { depth } = registers;
    registers.depth = 0;
    return depth;
  };
  assert.equal(wordFor(early), 0);
  assert.equal(wordFor(direct(early)), 2);
});

test("the error is thrown in the innermost function, which may catch it and go on", async () => {
  const { main } = await loadDirect<{ main: () => unknown }>(`
    const tries = () => { try { yieldNow(); } catch (error) { return error.code; } };
    export const main = () => { const codes = []; [2, 1].sort(() => { codes.push(tries()); return 0; }); yieldNow(); return codes; };
  `);
  assert.deepEqual(await run(main as never), ["native-crossing"]);
});

test("below other code, what does not wait works as ever, at any depth", async () => {
  const { main } = await loadDirect<{ main: () => unknown }>(`
    const down = (n) => (n === 0 ? 0 : 1 + down(n - 1));
    export const main = () => { yieldNow(); return [[3, 1, 2].sort((a, b) => a - b), JSON.parse("[1500]", (k, v) => (k === "" ? v : down(v)))]; };
  `);
  assert.deepEqual(await run(main as never), [[1, 2, 3], [1500]]);
});

test("outside of a fiber, a wait says so; also in an async function after an await", async () => {
  const { later, waits } = await loadDirect<{
    waits: () => unknown;
    later: () => Promise<unknown>;
  }>(`
    export const waits = () => yieldNow();
    export async function later() { await null; return waits(); }
  `);
  assert.throws(() => waits(), { code: "outside" });
  await assert.rejects(later(), { code: "outside" });
});

test("a fiber that is resumed below other code may be suspended: it has a stack of its own", async () => {
  const { main } = await loadDirect<{ main: () => unknown }>(`
    export const main = () => { const fiber = new Fiber((n) => { for (;;) n = Fiber.yield(n + 1); }); yieldNow(); return [3, 1, 2].sort((a, b) => fiber.resume(a) - fiber.resume(b)); };
  `);
  assert.deepEqual(await run(main as never), [1, 2, 3]);
});

test("a call that fails because the native stack is full leaves no word behind", async () => {
  const locals = Array.from({ length: 100 }, (_, n) => `x${n} = n + ${n}`).join(", ");
  const { loops, catches, ends, patterns, takes, waits } = await loadDirect<
    Record<string, (given: unknown) => unknown>
  >(`
    export const waits = () => { Fiber.yield(1); return "waited"; };
    // Its frame is large, so it is the call of this function that finds the stack full.
    const large = (n) => { let ${locals}; return inner(n) + x0 + x99; };
    const inner = (n) => (n < 0 ? n.waits() : n);
    export const loops = (closing) => { for (const x of closing) large(x); };
    export const catches = (given) => { try { large(1); } catch { given.read; } };
    export const patterns = (given) => { try { large(1); } catch ({ none = given.read }) { void none; } };
    export const takes = (closing) => { const [{ none = large(1) }] = closing; return none; };
    export const ends = (given) => { try { large(1); } finally { given.read; } };
  `);
  const seen = new Map<string, number>();
  const probe = (): void => {
    let what = "returned";
    try {
      waits?.(undefined);
    } catch (error) {
      what = (error as FiberError).code ?? (error as Error).name;
    }
    seen.set(what, (seen.get(what) ?? 0) + 1);
  };
  const closing = {
    get read() {
      return probe();
    },
    [Symbol.iterator]() {
      let count = 0;
      return { next: () => ({ value: 1, done: count++ > 0 }), return: () => (probe(), {}) };
    },
  };
  let levels = 0;
  /** Leaves more and more of the native stack, and tries the functions in a fiber at each level. The edge is near the end. */
  const fill = (): void => {
    try {
      fill();
    } catch {
      // The stack is full here.
    }
    if (levels++ > 1000) return;
    for (const work of [loops, catches, ends, patterns, takes]) {
      try {
        new Fiber(work as never).resume(closing);
      } catch {
        // The call did not fit.
      }
    }
  };
  fill();
  assert.ok((seen.get("native-crossing") ?? 0) > 0, "the edge was met");
  assert.equal(seen.get("returned"), undefined, JSON.stringify([...seen]));
});

test("a killed fiber runs the waits of its clean-up, in direct style too", async () => {
  const { make } = await loadDirect<{ make: (log: string[]) => Fiber<any, any, any, any> }>(`
    const clean = (log) => { Fiber.yield("cleaning"); log.push("not reached: a killed fiber comes back by unwinding"); };
    export const make = (log) => new Fiber(() => { try { Fiber.yield("working"); } finally { try { clean(log); } finally { log.push("end"); } } });
  `);
  const log: string[] = [];
  const fiber = make(log);
  fiber.resume();
  fiber.kill();
  fiber.resume();
  assert.deepEqual([log, fiber.alive], [["end"], false]);
});
