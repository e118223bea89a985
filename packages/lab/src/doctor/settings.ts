/** Settings of the system that affect the figures. */
import type { Files } from "./files.js";
import { type Finding, finding, type Section } from "./finding.js";

/** Mappings of a fiber with its own stack: the stack, and the page that guards it. */
const MAPPINGS_A_STACK = 2;
const MILLION = 2 ** 20;

export function settings(files: Files): Section {
  return {
    title: "settings",
    findings: [mappings(files), hugePages(files), frequency(files), ...boost(files), clock(files)],
  };
}

function mappings(files: Files): Finding {
  const most = files.number("proc/sys/vm/max_map_count");
  if (most === undefined) return finding("vm.max_map_count", "not visible here");
  const fibers = Math.floor(most / MAPPINGS_A_STACK).toLocaleString("en-US");
  return finding(
    "vm.max_map_count",
    String(most),
    most < MAPPINGS_A_STACK * MILLION && {
      adds: `more than about ${fibers} fibers in runtimes with a stack each (Ruby, Crystal)`,
      how: "sysctl -w vm.max_map_count=4000000",
    },
  );
}

function hugePages(files: Files): Finding {
  const chosen = /\[(\w+)\]/.exec(files.text("sys/kernel/mm/transparent_hugepage/enabled") ?? "");
  return finding(
    "transparent huge pages",
    chosen?.[1] ?? "not visible here",
    chosen?.[1] === "always" && {
      adds: "page faults and bytes as in the bug report, which measured without them",
      how: "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled",
    },
  );
}

function frequency(files: Files): Finding {
  const governor = files.text("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  if (governor === undefined) {
    return finding("frequency scaling", "not visible here, as in most virtual machines");
  }
  return finding(
    "frequency scaling",
    `governor ${governor}`,
    governor !== "performance" && {
      adds: "a processor that is as fast in the first second as in the last",
      how: "cpupower frequency-set -g performance",
    },
  );
}

function boost(files: Files): Finding[] {
  const generic = files.number("sys/devices/system/cpu/cpufreq/boost");
  const intel = files.number("sys/devices/system/cpu/intel_pstate/no_turbo");
  if (generic === undefined && intel === undefined) return [];
  const [on, how] =
    intel === undefined
      ? [generic === 1, "echo 0 > /sys/devices/system/cpu/cpufreq/boost"]
      : [intel === 0, "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo"];
  return [
    finding(
      "boost",
      on ? "on" : "off",
      on && {
        adds: "figures that do not depend on how warm the processor is",
        how,
      },
    ),
  ];
}

function clock(files: Files): Finding {
  const source = files.text("sys/devices/system/clocksource/clocksource0/current_clocksource");
  const step = resolution();
  const here = `${Math.round(step)} ns a step${source === undefined ? "" : `, from ${source}`}`;
  // The shortest slices of the lab take about ten microseconds.
  return finding(
    "clock",
    here,
    step > 1_000 && {
      adds: "short slices that can be told apart",
      how: "another clock source, in /sys/devices/system/clocksource",
    },
  );
}

/** The resolution of the clock in nanoseconds: the smallest of many steps. */
function resolution(): number {
  let smallest = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 1_000; tries++) {
    const start = process.hrtime.bigint();
    let end = start;
    while (end === start) end = process.hrtime.bigint();
    smallest = Math.min(smallest, Number(end - start));
  }
  return smallest;
}
