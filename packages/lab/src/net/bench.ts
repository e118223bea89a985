/**
 * What the server programs have in common: they open a server, have another process load it, and print what came of it.
 * The processor time is that of the server's process alone.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { NetExperiment, Sample, Stopped } from "../cell.js";
import type { Load, Loaded, NetCell, Unloaded } from "./cell.js";

/** What a program provides: each function opens a server and gives its port. */
export type Servers = Partial<Record<"http" | "echo", () => PromiseLike<number> | number>>;

/** Seconds of load before the measurement, at most. */
const WARM = 1;
/** Connections before the measurement, where connections are measured. */
const WARM_CONNECTIONS = 200;
/** The share of what a server can do at most under which its latency is measured. */
const SHARE = 0.8;
/** Milliseconds for the server to take the last connections. */
const SETTLE = 300;
/** Open files of a process that has no connections, and some to spare. */
const SPARE_FILES = 100;

/** Measures what the command line says. */
export async function measure(servers: Servers): Promise<never> {
  const [, , experiment, connections, seconds] = process.argv;
  const cell: NetCell = {
    experiment: experiment as NetExperiment,
    connections: Number(connections),
    seconds: Number(seconds),
  };
  const load = fork(fileURLToPath(new URL("load.js", import.meta.url)), { execArgv: [] });
  try {
    const outcome = tooMany(cell) ?? (await measured(servers, cell, load));
    writeSync(1, `${JSON.stringify(outcome)}\n`);
  } finally {
    load.kill();
  }
  process.exit();
}

async function measured(servers: Servers, cell: NetCell, load: ChildProcess): Promise<Sample> {
  const { experiment, connections, seconds } = cell;
  const protocol = experiment === "echo" || experiment === "idle" ? "echo" : "http";
  const open = servers[protocol];
  if (open === undefined) throw new Error(`this program has no server for ${experiment}`);
  const port = await open();
  const asked = { protocol, port, connections, seconds } as const;
  switch (experiment) {
    case "http":
      return rated(load, { ...asked, kind: "http" });
    case "echo":
      return rated(load, { ...asked, kind: "calls" });
    case "http-latency":
      return paced(load, { ...asked, kind: "calls" });
    case "idle":
      return weighed(load, { ...asked, kind: "idle" });
  }
}

async function rated(load: ChildProcess, asked: Load): Promise<Sample> {
  await warm(load, asked);
  return timed(load, asked);
}

const warm = (load: ChildProcess, asked: Load): Promise<Loaded> =>
  ask(load, { ...asked, seconds: Math.min(WARM, asked.seconds) });

/** The rate is a share of what this very server can do, so that none is overloaded. */
async function paced(load: ChildProcess, asked: Load): Promise<Sample> {
  await warm(load, asked);
  const { count, seconds } = await warm(load, asked);
  return timed(load, { ...asked, kind: "paced", rate: (SHARE * count) / seconds });
}

async function timed(load: ChildProcess, asked: Load): Promise<Sample> {
  globalThis.gc?.();
  const before = process.cpuUsage();
  const { count, seconds, latency } = await ask(load, asked);
  const { user, system } = process.cpuUsage(before);
  return {
    count,
    seconds,
    best: count / seconds,
    rssKiB: process.memoryUsage.rss() / 1024,
    userSeconds: user / 1e6,
    systemSeconds: system / 1e6,
    ...(latency && { latency }),
  };
}

async function weighed(load: ChildProcess, asked: Load): Promise<Sample> {
  await ask(load, { ...asked, connections: WARM_CONNECTIONS });
  await pause(SETTLE);
  const before = memory();
  const { count, seconds } = await ask(load, asked);
  await pause(SETTLE);
  const after = memory();
  return {
    count,
    seconds,
    best: count / seconds,
    rssKiB: after.rss / 1024,
    bytesPerFiber: (after.rss - before.rss) / count,
    heapBytesPerFiber: (after.heap - before.heap) / count,
  };
}

function memory(): { heap: number; rss: number } {
  for (let i = 0; i < 4; i++) globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, rss };
}

async function ask(load: ChildProcess, asked: Load): Promise<Loaded> {
  const gone = new AbortController();
  const { signal } = gone;
  const answer = Promise.race([
    once(load, "message", { signal }),
    once(load, "exit", { signal }).then(([code]) => {
      throw new Error(`the process that makes the load ended with ${code}`);
    }),
  ]);
  load.send(asked);
  const [loaded] = (await answer.finally(() => gone.abort())) as [Loaded | Unloaded];
  if ("failed" in loaded) throw new Error(loaded.failed);
  return loaded;
}

/** Each connection is an open file, here and in the process that makes the load. */
function tooMany({ connections }: NetCell): Stopped | undefined {
  const limit = openFiles();
  const needed = connections + WARM_CONNECTIONS + SPARE_FILES;
  if (needed <= limit) return undefined;
  return {
    stoppedAt: limit,
    error: `a process may have ${limit} files open, and these connections need ${needed}`,
    hint: `ulimit -n ${needed}, as far as the system allows it`,
  };
}

/** The hard limit, to which Node raises its own when it starts. */
function openFiles(): number {
  try {
    const limits = readFileSync("/proc/self/limits", "utf8");
    return Number(/^Max open files +\d+ +(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
