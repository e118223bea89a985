/**
 * Runtimes compared as schedulers of tasks: what people would choose to do many things at once. Each has its
 * own program. The programs on Node share their clock (tasks/bench.ts).
 */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Cell, TASK_EXPERIMENTS, type TaskExperiment } from "../cell.js";
import type { Variant } from "./variant.js";
import type { Found, Launch, RuntimeEntry } from "./entry.js";
import { findCompiler } from "./compiled.js";
import { buildGo, findGo } from "./go.js";
import { find as findPackage } from "./npm.js";
import { programFile } from "./program.js";
import { type How, taskCell, words } from "../tasks/cell.js";
import { outcomeOf } from "../tasks/line.js";

/** What every runtime here can do. */
const COMMON: readonly TaskExperiment[] = [
  "spawn",
  "spawn-at-once",
  "skynet",
  "sleep",
  "yield",
  "timeout",
  "limits",
];

/** What every runtime on Node can do in addition. */
const WAITS: readonly TaskExperiment[] = ["suspend", "until", "join", "at-once"];

/** What stands between tasks: each runtime has some of it. */
const MESSAGES: readonly TaskExperiment[] = ["rendezvous", "stream", "channel-ring", "broadcast"];
const LINES: readonly TaskExperiment[] = ["sieve", "line", "fan"];
const LOCKS: readonly TaskExperiment[] = ["lock", "hand-over", "semaphore"];

const DIST = fileURLToPath(new URL("..", import.meta.url));
const peer = (name: string): string => programFile(`tasks/${name}.mjs`);

const onNode =
  (program: string, how?: How) =>
  async (cell: Cell, { node, nodeFlags = [] }: Partial<Variant> = {}): Promise<Launch> => ({
    command: node ?? process.execPath,
    args: [...nodeFlags, "--expose-gc", program, ...words(taskCell(cell, how))],
  });

/** Another build of Fibril is measured by the copy of the lab that was made for it. */
const onFibril =
  (program: string, how?: How) =>
  async (cell: Cell, variant?: Variant): Promise<Launch> => {
    const folder = variant?.worker === undefined ? DIST : dirname(variant.worker);
    return onNode(join(folder, program), how)(cell, variant);
  };

const FIBRIL = { "sleep-bare": "spawn(sleep, …)", deadlines: "reset and clear of time limits" };

const COUNTED = { kind: "process", parse: outcomeOf } as const;

export const taskRuntimes: readonly RuntimeEntry[] = [
  {
    ...COUNTED,
    name: "fibril",
    label: "Fibril",
    experiments: TASK_EXPERIMENTS,
    idiom: FIBRIL,
    find: fibrilVersion,
    command: onFibril("tasks/fibril.js"),
  },
  {
    ...COUNTED,
    name: "fibril-compiled",
    label: "Fibril, compiled",
    experiments: TASK_EXPERIMENTS,
    idiom: FIBRIL,
    compiled: true,
    find: findCompiler,
    command: onFibril("compiled/tasks/fibril.js"),
  },
  {
    ...COUNTED,
    name: "fibril-direct",
    label: "Fibril, direct style",
    experiments: TASK_EXPERIMENTS,
    idiom: FIBRIL,
    compiled: true,
    find: findCompiler,
    command: onFibril("compiled/tasks/fibril-direct.js"),
  },
  {
    ...COUNTED,
    name: "fibril-fifo",
    label: "Fibril, strictly first-in first-out",
    experiments: ["yield", "yield-replaced", "wake", "wake-replaced"],
    slow: true,
    find: fibrilVersion,
    command: onFibril("tasks/fibril.js", "fifo"),
  },
  {
    ...COUNTED,
    name: "fibril-als",
    label: "Fibril under AsyncLocalStorage",
    experiments: ["async-context"],
    find: fibrilVersion,
    command: onFibril("tasks/fibril.js", "als"),
  },
  {
    ...COUNTED,
    name: "async",
    label: "async/await",
    experiments: [
      ...COMMON,
      ...WAITS,
      "yield-replaced",
      "park",
      "failures",
      "host-delay",
      "async-context",
      ...MESSAGES,
      ...LINES,
      "drain",
      "map",
    ],
    idiom: {
      stream: "an async generator, which keeps no messages",
      broadcast: "a promise for each message, which leads to the next one",
      map: "a hundred async functions that share an iterator",
      suspend: "await of a new promise",
      park: "await of a new promise",
      "at-once": "await of a promise that is settled",
      failures: "await of a promise that is rejected, and Promise.allSettled",
      yield: "await of a promise that is settled",
      timeout: "Promise.race with setTimeout, and clearTimeout",
      limits: "Promise.race with setTimeout, and clearTimeout",
    },
    slow: true,
    find: nodeVersion,
    command: onNode(peer("async")),
  },
  {
    ...COUNTED,
    name: "async-als",
    label: "async/await under AsyncLocalStorage",
    experiments: ["async-context"],
    slow: true,
    find: nodeVersion,
    command: onNode(peer("async"), "als"),
  },
  {
    ...COUNTED,
    name: "host",
    label: "The host's timers",
    experiments: ["sleep-bare", "deadlines", "limits"],
    idiom: {
      "sleep-bare": "Promise.all of util.promisify(setTimeout)(…)",
      deadlines: "setTimeout and clearTimeout, and nothing that waits",
      limits: "setTimeout and clearTimeout, and nothing that waits",
    },
    find: nodeVersion,
    command: onNode(join(DIST, "tasks/host.js")),
  },
  {
    ...COUNTED,
    name: "async-mutex",
    label: "async/await with async-mutex",
    experiments: LOCKS,
    slow: true,
    find: () => findPackage("async-mutex", "0.5.0"),
    command: onNode(peer("async-mutex")),
  },
  {
    ...COUNTED,
    name: "p-limit",
    label: "async/await with p-limit",
    experiments: ["map"],
    slow: true,
    find: () => findPackage("p-limit", "7.3.3"),
    command: onNode(peer("p-limit")),
  },
  {
    ...COUNTED,
    name: "p-queue",
    label: "async/await with p-queue",
    experiments: ["map"],
    slow: true,
    find: () => findPackage("p-queue", "9.3.5"),
    command: onNode(peer("p-queue")),
  },
  {
    ...COUNTED,
    name: "effect",
    label: "Effect fibers",
    experiments: [
      ...COMMON,
      ...WAITS,
      "host-delay",
      ...MESSAGES,
      ...LINES,
      ...LOCKS,
      "try-lock",
      "select",
      "drain",
      "map",
    ],
    idiom: {
      rendezvous: "queues of one slot",
      "channel-ring": "queues of one slot",
      select: "Effect.raceAllFirst of Queue.take",
      "try-lock": "Semaphore.withPermitsIfAvailable",
      broadcast: "PubSub",
      map: "Effect.forEach",
      suspend: "Effect.callback",
      until: "Effect.promise",
      "at-once": "Effect.callback, called at once",
    },
    slow: true,
    find: () => findPackage("effect", "4.1.0"),
    command: onNode(peer("effect")),
  },
  {
    ...COUNTED,
    name: "effection",
    label: "Effection tasks",
    experiments: [
      ...COMMON,
      ...WAITS,
      "host-delay",
      ...MESSAGES,
      ...LINES,
      ...LOCKS,
      "select",
      "drain",
      "map",
    ],
    idiom: {
      sieve: "queues, and a source that gives way after each number",
      line: "a queue, which never makes a sender wait",
      fan: "queues, which never make a sender wait",
      select: "a race of queue.next",
      drain: "a queue that holds everything",
      lock: "a token in a queue",
      "hand-over": "a token in a queue",
      semaphore: "ten tokens in a queue",
      map: "a hundred tasks that share an iterator",
      rendezvous: "queues, which never make a sender wait",
      stream: "a queue that holds everything",
      "channel-ring": "queues, which never make a sender wait",
      yield: "an action that is resolved at once",
      suspend: "an action",
      "at-once": "an action that is resolved at once",
      timeout: "a race with sleep",
      limits: "a race with sleep",
    },
    slow: true,
    find: () => findPackage("effection", "4.1.1"),
    command: onNode(peer("effection")),
  },
  {
    ...COUNTED,
    name: "go",
    label: "Go goroutines",
    experiments: [
      ...COMMON,
      "yield-replaced",
      ...MESSAGES,
      ...LINES,
      ...LOCKS,
      "select",
      "try-lock",
      "map",
    ],
    idiom: {
      select: "reflect.Select",
      broadcast: "a channel for each subscriber",
      semaphore: "a channel with ten slots",
      map: "a hundred goroutines that take items from a channel",
      spawn: "a channel for each result, on one processor",
      "spawn-at-once": "a channel for each result, on one processor",
      skynet: "a channel for each node, on one processor",
      yield: "runtime.Gosched on one processor, which keeps an order of its own",
      timeout: "select with a timer, which is stopped",
      limits: "context.WithTimeout",
    },
    slow: true,
    find: findGo,
    async command(cell) {
      const folder = await buildGo(
        "tasks",
        programFile("tasks/goroutines.go"),
        programFile("tasks/between.go"),
      );
      return { command: `${folder}/tasks`, args: words(taskCell(cell)) };
    },
  },
];

async function nodeVersion(): Promise<Found> {
  return { version: process.version };
}

async function fibrilVersion(): Promise<Found> {
  const url = import.meta.resolve("fibril/package.json");
  const { version } = JSON.parse(await readFile(new URL(url), "utf8")) as { version: string };
  return { version };
}
