/** Loads a module in direct style from its text. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { transform } from "@fibril/compiler";
import { folderWith } from "./folder.js";

const folder = folderWith({});
let count = 0;

/** The text begins after the imports of `fibril/direct`, of which all names are there. */
export async function loadDirect<Exports>(text: string): Promise<Exports> {
  const source = `"use fibers";\nimport * as direct from "fibril/direct";\n${NAMES}\n${text}`;
  return load(source, true);
}

/** A module as it is, compiled or not. */
export async function load<Exports>(source: string, compiled: boolean): Promise<Exports> {
  const file = join(folder, `direct-${count++}.mjs`);
  writeFileSync(file, compiled ? transform(source, { file }).code : source);
  return (await import(pathToFileURL(file).href)) as Exports;
}

const NAMES =
  "const { Channel, Fiber, Mutex, all, called, defer, failAfter, forEach, map, race, retry, run, runSync, scope, " +
  "select, sleep, spawn, until, wait, yieldNow, fixed } = direct;";
