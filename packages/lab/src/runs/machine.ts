/** The machine of a run. Without it, a figure cannot be interpreted. */
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";
import { type Found, isFound } from "../runtimes/entry.js";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly load: number;
  readonly node: string;
  readonly v8: string;
  /** The version of each runtime that the run looked for and found, by its name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly maxMapCount?: number;
}

export function describeMachine(found: ReadonlyMap<string, Found>): Machine {
  const maxMapCount = attempt(() => Number(readFileSync("/proc/sys/vm/max_map_count", "utf8")));
  const versions: Record<string, string> = {};
  for (const [name, one] of found) if (isFound(one)) versions[name] = one.version;
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    load: Math.round((loadavg()[0] as number) * 100) / 100,
    node: process.version,
    v8: process.versions.v8,
    versions,
    ...(maxMapCount === undefined ? {} : { maxMapCount }),
  };
}

/** A warning where other processes load the machine so much that they affect every figure. */
export function loadWarning(): string[] {
  const [load] = loadavg() as [number];
  const cores = availableParallelism();
  return load <= cores / 2
    ? []
    : [
        `load ${load.toFixed(1)} on ${cores} cores: other processes are running, the figures will be noisy`,
      ];
}

function attempt<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch {
    return undefined; // not Linux
  }
}

/** One line with the machine and the versions of the runtimes that are not a part of Node. */
export function machineLine(machine: Machine): string {
  const { cpu, cores, memoryGiB, system, node, versions, load } = machine;
  const outside = Object.entries(versions).filter(([name]) => !OF_NODE.has(name));
  const others = outside.map(([name, version]) => `${name} ${version.split(" ")[0]}`);
  const words = [cpu, `${cores} cores`, `${memoryGiB} GiB`, system, `Node ${node}`, ...others];
  return [...words, `load ${load}`].join(", ");
}

const OF_NODE: ReadonlySet<string> = new Set([
  "fibril",
  "fibril-frames",
  "fibril-compiled",
  "fibril-direct",
  "generator",
  "async",
  "loads",
]);
