/** The events that the bug report counted, in the order of its CSV. */
export const EVENTS = [
  "page-faults",
  "major-faults",
  "minor-faults",
  "cpu-cycles:u",
  "cpu-cycles:k",
  "cache-misses",
  "cache-references",
  "L1-dcache-load-misses",
  "L1-dcache-loads",
  "LLC-load-misses",
  "LLC-loads",
  "dTLB-loads",
  "dTLB-load-misses",
  "dTLB-stores",
  "dTLB-store-misses",
] as const;

/** The events that the operating system counts without the help of the processor. */
export const SOFTWARE: ReadonlySet<string> = new Set(EVENTS.slice(0, 3));
