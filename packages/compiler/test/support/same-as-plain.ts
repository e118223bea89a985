/**
 * Runs a program as it is, and compiled in direct style: outside of a fiber, where nothing waits, and in one, where each call
 * of `f` does. All three have to do the same.
 */
import assert from "node:assert/strict";
import { run } from "fibril";
import { load } from "./load-direct.js";

/** What a program may use. `f` logs its label and results in its second argument. */
const WORLD = `
const log = [];
const f = (label, value = label) => { log.push("f " + String(label)); pause(); return value; };
const fails = (label) => { log.push("fails " + label); pause(); throw new RangeError(label); };
const iterable = (values, answer = {}) => ({
  [Symbol.iterator]() {
    log.push("iterate");
    let at = 0;
    return {
      next() { log.push("next " + at); return at < values.length ? { value: values[at++], done: false } : { done: true, get value() { log.push("value of the end"); } }; },
      return() { log.push("return"); if (answer instanceof Error) throw answer; return answer; },
    };
  },
});
const seen = (name, object) => new Proxy(object, {
  get(target, key, receiver) { log.push("get " + name + "." + String(key)); return Reflect.get(target, key, receiver); },
  set(target, key, value) { log.push("set " + name + "." + String(key)); return Reflect.set(target, key, value); },
  ownKeys(target) { log.push("keys " + name); return Reflect.ownKeys(target); },
});
const resource = (name, error) => ({ name, [Symbol.dispose]() { f("dispose of " + this.name); if (error !== undefined) throw error; } });
const chainOf = (error) => (error?.name === "SuppressedError" ? [chainOf(error.error), chainOf(error.suppressed)] : (error?.message ?? error));
const h = (tag, given, ...children) => { log.push("element " + String(tag?.label ?? tag)); return { tag, ...given, children }; };
const key = (name) => ({ toString() { log.push("key " + name); return name; } });
`;

interface Program {
  readonly main: () => unknown;
  readonly log: unknown[];
}

const OUTSIDE = "const pause = () => {};";
const INSIDE = 'import { yieldNow as pause } from "fibril/direct";';

export async function sameAsPlain(body: string): Promise<void> {
  const text = `${WORLD}\nconst main = () => {\n${body}\n};\nexport { log, main };`;
  const plain = await load<Program>(`${OUTSIDE}\n${text}`, false);
  const expected = [outcomeOf(plain.main), plain.log];
  const outside = await load<Program>(`"use fibers";\n${OUTSIDE}\n${text}`, true);
  assert.deepEqual([outcomeOf(outside.main), outside.log], expected, "outside of a fiber");
  const inside = await load<Program>(`"use fibers";\n${INSIDE}\n${text}`, true);
  const outcome = await run(inside.main as never).then(ended, threw);
  assert.deepEqual([outcome, inside.log], expected, "in a fiber");
  // Otherwise the text is not about calls that wait.
  assert.ok(inside.log.some((each) => /^(f|fails) /.test(String(each))));
}

function outcomeOf(main: () => unknown): unknown {
  try {
    return ended(main());
  } catch (error) {
    return threw(error);
  }
}

function ended(value: unknown): unknown {
  return { ended: value };
}

/** Messages of the engine quote the program. */
function threw(error: unknown): unknown {
  const { name, message } = error as Error;
  return { threw: name === "TypeError" ? name : `${name}: ${message}` };
}
