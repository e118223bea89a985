/** Programs that run as they are and compiled, and must say the same. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { transform } from "@fibril/compiler";
import { Fiber } from "fibril";
import { folderWith } from "./folder.js";

const folder = folderWith({});
let files = 0;

export type Program = (log: (entry: unknown) => void) => unknown;

export async function load<T>(text: string, compiled: boolean): Promise<T> {
  const file = join(folder, `${files++}.mjs`);
  const { code, explanations } = transform(text, { file });
  if (compiled) for (const each of explanations) assert.ok(each.compiled, JSON.stringify(each));
  writeFileSync(file, compiled ? code : text);
  return (await import(pathToFileURL(file).href)) as T;
}

/** Runs the program both ways. It is the body of a function that returns a routine. */
async function traces(text: string, drive: (fiber: any, log: (entry: unknown) => void) => void) {
  const found: unknown[][] = [];
  for (const compiled of [false, true]) {
    const { program } = await load<{ program: Program }>(
      `import { Fiber, sleep } from "fibril";\nexport function program(log) {\n${text}\n}\n`,
      compiled,
    );
    const trace: unknown[] = [];
    const log = (entry: unknown): void => void trace.push(entry);
    drive(new Fiber(program(log) as never), log);
    found.push(trace);
  }
  return found as [unknown[], unknown[]];
}

export async function same(text: string, drive: Parameters<typeof traces>[1]): Promise<unknown[]> {
  const [plain, compiled] = await traces(text, drive);
  assert.deepEqual(compiled, plain);
  return compiled;
}
