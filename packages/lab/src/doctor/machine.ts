/** The processor, the memory, how much of both this process may use, and how quiet the machine is. */
import { availableParallelism, cpus, freemem, loadavg, release, totalmem, type } from "node:os";
import type { Files } from "./files.js";
import { type Finding, finding, type Section } from "./finding.js";

const GIB = 2 ** 30;
/** The memory of a million Ruby fibers, the largest size in the table of the bug report. */
const RUBY_MILLION = 13 * GIB;
/** Load per core above which other processes dominate the lab's figures. */
const QUIET = 0.3;

export function machine(files: Files): Section {
  return {
    title: "machine",
    findings: [
      finding("system", `${type()} ${release()}, Node ${process.version}`),
      processor(),
      memory(),
      ...limits(files),
      load(),
      ...stolen(files),
      ...swap(files),
    ],
  };
}

function processor(): Finding {
  const model = cpus()[0]?.model.trim() ?? "unknown";
  const cores = availableParallelism();
  return finding(
    "processor",
    `${model}, ${cores} ${cores === 1 ? "core" : "cores"}`,
    cores < 2 && {
      adds: "a second core for the lab and the collector's threads, away from the measurement",
    },
  );
}

function memory(): Finding {
  const here = `${gib(totalmem())} GiB, ${gib(freemem())} free`;
  return finding(
    "memory",
    here,
    freemem() < RUBY_MILLION && {
      adds: "a million Ruby fibers, which take 13 GiB; Fibril's take 0.3",
      how: "choose sizes with --fibers",
    },
  );
}

/** Control groups, version 2 and version 1. */
function limits(files: Files): Finding[] {
  const found: Finding[] = [];
  const group = files.text("proc/self/cgroup")?.split("\n") ?? [];
  const [unified, memoryGroup, cpuGroup] = [
    /^0::(.*)$/,
    /:memory:(.*)$/,
    /:(?:cpu|cpu,cpuacct):(.*)$/,
  ].map(
    (line) => group.map((entry) => line.exec(entry)?.[1]).find((path) => path !== undefined) ?? "",
  );
  const bytes = firstOf(
    [`sys/fs/cgroup${unified}/memory.max`, "sys/fs/cgroup/memory.max"],
    [
      `sys/fs/cgroup/memory${memoryGroup}/memory.limit_in_bytes`,
      "sys/fs/cgroup/memory/memory.limit_in_bytes",
    ],
  );
  if (bytes !== undefined && bytes < totalmem()) {
    found.push(
      finding("memory limit", `${gib(bytes)} GiB for this group of processes`, {
        adds: "larger sizes: beyond the limit the kernel ends the measurement",
        how: "raise the container's memory limit",
      }),
    );
  }
  const quota = cores(unified ?? "", cpuGroup ?? "");
  if (quota !== undefined) {
    found.push(
      finding("processor limit", `${quota} cores for this group of processes`, {
        adds: "steady figures: the kernel stops a measurement in the middle when its share is used up",
        how: "raise the container's processor limit",
      }),
    );
  }
  return found;

  function firstOf(...paths: string[][]): number | undefined {
    return paths
      .flat()
      .map((path) => files.number(path))
      .find((value) => value !== undefined);
  }

  function cores(second: string, first: string): number | undefined {
    const text =
      files.text(`sys/fs/cgroup${second}/cpu.max`) ?? files.text("sys/fs/cgroup/cpu.max");
    const [, share, period] = /^(\d+) (\d+)$/.exec(text ?? "") ?? [];
    if (share !== undefined) return Number(share) / Number(period);
    const folder = `sys/fs/cgroup/cpu${first}`;
    const old = files.number(`${folder}/cpu.cfs_quota_us`) ?? -1;
    return old < 0 ? undefined : old / (files.number(`${folder}/cpu.cfs_period_us`) ?? 100_000);
  }
}

function load(): Finding {
  const [minute = 0] = loadavg();
  return finding(
    "load",
    minute.toFixed(2),
    minute / availableParallelism() > QUIET && {
      adds: "figures of a quiet machine: intervals get narrow, and `too noisy to tell` rare",
      how: "wait until nothing else runs",
    },
  );
}

/** Time that the host of this virtual machine gave to other machines. */
function stolen(files: Files): Finding[] {
  const times = /^cpu +(.*)$/m
    .exec(files.text("proc/stat") ?? "")?.[1]
    ?.split(" ")
    .map(Number);
  const steal = times?.[7];
  if (times === undefined || steal === undefined) return [];
  // The last two are contained in the first two.
  const share = steal / times.slice(0, 8).reduce((sum, time) => sum + time, 0);
  return [
    finding(
      "stolen time",
      `${(share * 100).toFixed(1)} % since the start`,
      share > 0.01 && {
        adds: "steady figures: now and then the host lets other virtual machines run in between",
        how: "use more repeats, or a machine of your own",
      },
    ),
  ];
}

function swap(files: Files): Finding[] {
  const text = files.text("proc/swaps");
  if (text === undefined) return [];
  const on = text.split("\n").length > 1;
  return [
    finding(
      "swap",
      on ? "on" : "off",
      on && {
        adds: "no page faults from swap in the counts, as in the bug report",
        how: "swapoff --all",
      },
    ),
  ];
}

const gib = (bytes: number): string => (bytes / GIB).toFixed(1);
