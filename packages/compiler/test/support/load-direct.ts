/** Loads a module in direct style from its text. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { transform } from "@fibril/compiler";
import { transformSync } from "esbuild";
import { folderWith } from "./folder.js";

const folder = folderWith({});
let count = 0;

/** The text begins after the imports of `fibril/direct`, of which all names are there. */
export async function loadDirect<Exports>(text: string): Promise<Exports> {
  const source = `"use fibers";\nimport * as direct from "fibril/direct";\n${NAMES}\n${text}`;
  return load(source, true);
}

/** A module, compiled or as it is. */
export async function load<Exports>(source: string, compiled: boolean): Promise<Exports> {
  const file = join(folder, `direct-${count++}.mjs`);
  const { code } = compiled ? transform(source, { file, language: "jsx" }) : { code: source };
  writeFileSync(file, /<\/|\busing /.test(source) ? lowered(code) : code);
  return (await import(pathToFileURL(file).href)) as Exports;
}

/** What this engine may not know: JSX becomes calls of `h`, and `using` a `try`. */
function lowered(code: string): string {
  const jsx = { loader: "jsx", jsxFactory: "h", jsxFragment: "'fragment'" } as const;
  return transformSync(code, { ...jsx, target: "es2022" }).code;
}

const NAMES =
  "const { Channel, Fiber, Mutex, all, called, defer, failAfter, forEach, map, race, retry, run, runSync, scope, " +
  "select, sleep, spawn, until, wait, yieldNow, fixed } = direct;";
