/** Every runtime that the lab can measure. To add one: a file for it, and its entry here. */
import { readFile } from "node:fs/promises";
import { ruby } from "../ruby.js";
import type { Found, RuntimeEntry } from "./entry.js";

export const runtimes: readonly RuntimeEntry[] = [
  {
    name: "fibril",
    label: "Fibril",
    kind: "inline",
    experiments: ["ring", "resume", "scale", "create", "depth", "counters", "gc", "empty"],
    find: fibrilVersion,
    load: async () => (await import("./fibril.js")).fibril,
  },
  {
    name: "fibril-frames",
    label: "Fibril, state machines by hand",
    kind: "inline",
    experiments: ["ring", "resume", "scale", "create", "depth", "counters", "gc", "empty"],
    find: fibrilVersion,
    load: async () => (await import("./fibril-frames.js")).fibrilFrames,
  },
  {
    name: "generator",
    label: "Bare generators",
    kind: "inline",
    experiments: ["ring", "resume", "scale", "create", "depth", "counters", "gc", "empty"],
    idiom: { ring: "a loop enters whichever generator the last one named" },
    find: async () => ({ version: `V8 ${process.versions.v8}` }),
    load: async () => (await import("./generator.js")).generator,
  },
  {
    name: "loads",
    label: "Dependent loads from memory",
    kind: "inline",
    experiments: ["memory"],
    find: async () => ({ version: `V8 ${process.versions.v8}` }),
    load: async () => ({}),
  },
  ruby,
];

async function fibrilVersion(): Promise<Found> {
  const url = import.meta.resolve("fibril/package.json");
  const { version } = JSON.parse(await readFile(new URL(url), "utf8")) as { version: string };
  return { version };
}

const byName: ReadonlyMap<string, RuntimeEntry> = new Map(
  runtimes.map((entry) => [entry.name, entry]),
);

export const findRuntime = (name: string): RuntimeEntry | undefined => byName.get(name);
