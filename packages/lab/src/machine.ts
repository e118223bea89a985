/** Where and when: a figure without these says nothing. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";
import { rubyVersion } from "./ruby.js";

export interface Machine {
  readonly date: string;
  readonly command: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly load: number;
  readonly node: string;
  readonly v8: string;
  readonly ruby?: string;
  readonly maxMapCount?: number;
  readonly commit?: string;
}

export async function describeMachine(args: readonly string[]): Promise<Machine> {
  const ruby = await rubyVersion();
  const maxMapCount = attempt(() => Number(readFileSync("/proc/sys/vm/max_map_count", "utf8")));
  const commit = attempt(() =>
    execFileSync("git", ["rev-parse", "--short", "HEAD"], {
      encoding: "utf8",
      stdio: "pipe",
    }).trim(),
  );
  return {
    date: new Date().toISOString().slice(0, 16).replace("T", " ") + " UTC",
    command: ["fibril-lab", ...args].join(" "),
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    load: Math.round((loadavg()[0] as number) * 100) / 100,
    node: process.version,
    v8: process.versions.v8,
    ...(ruby === undefined ? {} : { ruby }),
    ...(maxMapCount === undefined ? {} : { maxMapCount }),
    ...(commit === undefined ? {} : { commit }),
  };
}

function attempt<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch {
    return undefined; // another system, or no checkout
  }
}

export function machineLine(machine: Machine): string {
  const { cpu, cores, memoryGiB, system, node, ruby, date, load } = machine;
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}, ${ruby ?? "no Ruby"}, load ${load}, ${date}`;
}
