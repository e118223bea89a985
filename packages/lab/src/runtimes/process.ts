/**
 * What Linux knows about a process: the line of `/proc/self/stat` after the name, followed by the context
 * switches of all its threads, voluntary and involuntary; and its memory.
 */
import { execFileSync } from "node:child_process";

export interface Usage {
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly userSeconds: number;
  readonly systemSeconds: number;
  readonly residentBytes: number;
  readonly contextSwitches: number;
}

/** Ticks per second: every Linux reports processor times in this unit. */
const TICKS = 100;
/** Fields of the line that come from `/proc/self/stat`. */
const FIELDS = 50;

/** Undefined where the system has no such line. */
export function usageIn(line: string): Usage | undefined {
  const fields = line.split(" ").slice(1).map(Number);
  if (fields.length !== FIELDS + 1 || fields.some(Number.isNaN)) return undefined;
  // The numbers are those of proc(5), where the name is field 2.
  const field = (number: number): number => fields[number - 4] as number;
  const [willing, unwilling] = fields.slice(FIELDS - 1) as [number, number];
  return {
    minorFaults: field(10),
    majorFaults: field(12),
    userSeconds: field(14) / TICKS,
    systemSeconds: field(15) / TICKS,
    residentBytes: field(24) * pageSize(),
    contextSwitches: willing + unwilling,
  };
}

export interface Memory {
  readonly residentBytes: number;
  readonly mappedBytes: number;
  readonly mappings: number;
}

/** `RESIDENT MAPPED MAPPINGS`, the first two in KiB. Undefined where the system has no such figures. */
export function memoryIn(text: string | undefined): Memory | undefined {
  const [resident, mapped, mappings] = text?.split(" ").map(Number) ?? [];
  // None of them is 0 for a live process.
  if (!resident || !mapped || !mappings) return undefined;
  return { residentBytes: resident * 1024, mappedBytes: mapped * 1024, mappings };
}

let knownPageSize: number | undefined;

function pageSize(): number {
  knownPageSize ??= Number(execFileSync("getconf", ["PAGESIZE"], { encoding: "utf8" }));
  return knownPageSize;
}
