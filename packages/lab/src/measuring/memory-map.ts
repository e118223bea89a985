/** What fibers add to the memory of the process. */
import { readFileSync } from "node:fs";

interface MemoryMap {
  readonly residentBytes: number;
  readonly mappedBytes: number;
  readonly mappings: number;
}

/** As the kernel's memory management sees it. Undefined where there is no /proc. */
function memoryMap(): MemoryMap | undefined {
  try {
    // Exact, where /proc/self/stat adds up the counters of the processors in batches.
    const rollup = readFileSync("/proc/self/smaps_rollup", "utf8");
    const status = readFileSync("/proc/self/status", "utf8");
    const maps = readFileSync("/proc/self/maps", "utf8");
    return {
      residentBytes: kilobytes(rollup, "Rss"),
      mappedBytes: kilobytes(status, "VmSize"),
      mappings: maps.trimEnd().split("\n").length,
    };
  } catch {
    return undefined; // another system
  }
}

export interface Added {
  /**
   * Fibers may come to lie in pages that were resident before, left by the warm-up; so what V8 says of
   * its heap counts too, whichever is more.
   */
  readonly resident: number;
  /** What lives in V8's heap: the same to the byte every time. */
  readonly heap: number;
  readonly mapped?: number;
  readonly mappings?: number;
}

/** Answers a function that says what was added since. A collection belongs before either. */
export function memoryAdded(): () => Added {
  const [before, heapBefore, rssBefore] = [memoryMap(), heapUsed(), process.memoryUsage.rss()];
  return () => {
    const heap = heapUsed() - heapBefore;
    const after = memoryMap();
    if (before === undefined || after === undefined) {
      return { heap, resident: Math.max(heap, process.memoryUsage.rss() - rssBefore) };
    }
    return {
      heap,
      resident: Math.max(heap, after.residentBytes - before.residentBytes),
      mapped: after.mappedBytes - before.mappedBytes,
      mappings: after.mappings,
    };
  };
}

const heapUsed = (): number => process.memoryUsage().heapUsed;

function kilobytes(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s*(\\d+) kB`, "m").exec(text)?.[1]) * 1024;
}
