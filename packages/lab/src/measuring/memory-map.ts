/** How much memory fibers add to the process. */
import { readFileSync } from "node:fs";

interface MemoryMap {
  readonly residentBytes: number;
  readonly mappedBytes: number;
  readonly mappings: number;
}

/** The kernel's own account. Undefined where there is no /proc. */
function memoryMap(): MemoryMap | undefined {
  try {
    // This one is exact. /proc/self/stat adds up the counters of the processors in batches.
    const rollup = readFileSync("/proc/self/smaps_rollup", "utf8");
    const status = readFileSync("/proc/self/status", "utf8");
    const maps = readFileSync("/proc/self/maps", "utf8");
    return {
      residentBytes: kilobytes(rollup, "Rss"),
      mappedBytes: kilobytes(status, "VmSize"),
      mappings: maps.trimEnd().split("\n").length,
    };
  } catch {
    return undefined; // not Linux
  }
}

export interface Added {
  /**
   * The growth of the resident memory, or that of V8's heap, whichever is more: fibers may lie in pages
   * that the warm-up has left resident.
   */
  readonly resident: number;
  /** Bytes in V8's heap: the same number in every repeat. */
  readonly heap: number;
  readonly mapped?: number;
  readonly mappings?: number;
}

/** Returns a function that returns what was added since. Collect garbage before either call. */
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
