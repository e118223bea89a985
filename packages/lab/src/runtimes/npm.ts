/** Libraries from npm. They are optional peers of the lab, which compares those that it finds. */
import { readFile } from "node:fs/promises";
import type { Found, RuntimeEntry } from "./entry.js";
import { EXPERIMENTS_OF_PROGRAMS, programFile } from "./program.js";
import type { Runtime } from "../measuring/runtime.js";

const EFFECT_TURN = "Effect.yieldNow: Effect's scheduler runs the fibers in turn";
const EFFECTION_TURN =
  "an action that is resolved at once: Effection's scheduler runs the tasks in turn";

export const effect: RuntimeEntry = {
  name: "effect",
  label: "Effect fibers",
  kind: "inline",
  experiments: EXPERIMENTS_OF_PROGRAMS,
  idiom: {
    ring: "a number passed from queue to queue",
    resume: EFFECT_TURN,
    scale: EFFECT_TURN,
    create: EFFECT_TURN,
    depth: EFFECT_TURN,
    counters: EFFECT_TURN,
    gc: EFFECT_TURN,
  },
  slow: true,
  find: () => find("effect", "4.1.0"),
  load: () => load("effect"),
};

export const effection: RuntimeEntry = {
  name: "effection",
  label: "Effection tasks",
  kind: "inline",
  experiments: EXPERIMENTS_OF_PROGRAMS,
  idiom: {
    ring: "each pass resolves what the next member waits for",
    resume: EFFECTION_TURN,
    scale: EFFECTION_TURN,
    create: EFFECTION_TURN,
    depth: EFFECTION_TURN,
    counters: EFFECTION_TURN,
    gc: EFFECTION_TURN,
  },
  slow: true,
  find: () => find("effection", "4.1.1"),
  load: () => load("effection"),
};

/** `tested` is the version that the program was written for. */
export async function find(name: string, tested: string): Promise<Found> {
  const version = await versionOf(name);
  if (version !== undefined) return { version };
  return { missing: `no ${name} here`, hint: `npm install --no-save ${name}@${tested}` };
}

async function versionOf(name: string): Promise<string | undefined> {
  try {
    // Not every package exports its manifest, but the manifest is in some folder above the entry.
    for (let at = new URL(import.meta.resolve(name)); at.pathname !== "/"; at = new URL("..", at)) {
      const manifest = await readFile(new URL("package.json", at), "utf8").catch(() => "{}");
      const found = JSON.parse(manifest) as { name?: string; version?: string };
      if (found.name === name) return found.version;
    }
  } catch {
    // it is not installed
  }
  return undefined;
}

async function load(name: string): Promise<Runtime> {
  const { runtime } = (await import(programFile(`js/${name}.mjs`))) as { runtime: Runtime };
  return runtime;
}
