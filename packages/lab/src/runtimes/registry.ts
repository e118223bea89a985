/** Every runtime that the lab can measure. To add one, write a file for it and add its entry here. */
import { readFile } from "node:fs/promises";
import type { Experiment } from "../cell.js";
import { ruby } from "./ruby.js";
import { serverRuntimes } from "./servers.js";
import { taskRuntimes } from "./schedulers.js";
import { boost, cpp } from "./cpp.js";
import { compiled, findCompiler } from "./compiled.js";
import { crystal } from "./crystal.js";
import type { Found, RuntimeEntry } from "./entry.js";
import { erlang } from "./erlang.js";
import { go } from "./go.js";
import { lua, luajit } from "./lua.js";
import { effect, effection } from "./npm.js";
import { asyncio, greenlet, python } from "./python.js";

const TURN = "await in a loop: the microtask queue runs the functions in turn";

/** What every runtime can do whose fibers are switched by plain calls. */
const INLINE: readonly Experiment[] = [
  "ring",
  "resume",
  "scale",
  "create",
  "routines",
  "depth",
  "counters",
  "gc",
  "empty",
];

type FibrilModule = typeof import("./fibril.js");
type DirectModule = typeof import("./fibril-direct.js");

export const runtimes: readonly RuntimeEntry[] = [
  {
    name: "fibril",
    label: "Fibril",
    kind: "inline",
    experiments: INLINE,
    find: fibrilVersion,
    load: async () => (await import("./fibril.js")).fibril,
  },
  {
    name: "fibril-frames",
    label: "Fibril, state machines by hand",
    kind: "inline",
    experiments: INLINE,
    find: fibrilVersion,
    load: async () => (await import("./fibril-frames.js")).fibrilFrames,
  },
  {
    name: "fibril-compiled",
    label: "Fibril, compiled",
    kind: "inline",
    experiments: INLINE,
    compiled: true,
    find: findCompiler,
    load: async () => ((await import(compiled("runtimes/fibril.js"))) as FibrilModule).fibril,
  },
  {
    name: "fibril-direct",
    label: "Fibril, direct style",
    kind: "inline",
    experiments: INLINE,
    compiled: true,
    find: findCompiler,
    load: async () =>
      ((await import(compiled("runtimes/fibril-direct.js"))) as DirectModule).fibrilDirect,
  },
  {
    name: "generator",
    label: "Bare generators",
    kind: "inline",
    experiments: INLINE,
    idiom: { ring: "a loop enters the generator that the last one yielded" },
    find: async () => ({ version: `V8 ${process.versions.v8}` }),
    load: async () => (await import("./generator.js")).generator,
  },
  {
    name: "async",
    label: "async/await",
    kind: "inline",
    experiments: ["ring", "resume", "scale", "create", "depth", "counters", "gc"],
    idiom: {
      ring: "a number handed on through promises, a new one for each pass",
      resume: TURN,
      scale: TURN,
      create: TURN,
      depth: TURN,
      counters: TURN,
      gc: TURN,
    },
    find: async () => ({ version: process.version }),
    load: async () => (await import("./async.js")).async,
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
  effect,
  effection,
  go,
  lua,
  luajit,
  python,
  asyncio,
  greenlet,
  erlang,
  crystal,
  cpp,
  boost,
];

async function fibrilVersion(): Promise<Found> {
  const url = import.meta.resolve("fibril/package.json");
  const { version } = JSON.parse(await readFile(new URL(url), "utf8")) as { version: string };
  return { version };
}

const byName: ReadonlyMap<string, RuntimeEntry> = new Map(
  runtimes.map((entry) => [entry.name, entry]),
);

/** The entries that compare schedulers and servers. Several have the name of an entry that compares switches. */
const inSuites: readonly RuntimeEntry[] = [...taskRuntimes, ...serverRuntimes];

export const RUNTIME_NAMES: readonly string[] = [
  ...new Set([...runtimes, ...inSuites].map(({ name }) => name)),
];

/** The entry of that name that has the experiment; without an experiment, any entry of that name. */
export function findRuntime(name: string, experiment?: Experiment): RuntimeEntry | undefined {
  const alike = inSuites.filter((entry) => entry.name === name);
  const here = alike.find(
    ({ experiments }) => experiment !== undefined && experiments.includes(experiment),
  );
  return here ?? byName.get(name) ?? alike[0];
}
