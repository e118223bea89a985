/**
 * Whether perf is installed, and what it may count. FIBRIL_PERF names another perf than the installed one.
 *
 * All events are tried at once. If perf refuses all of them because of one, each is tried by itself.
 */
import { readFileSync } from "node:fs";
import { run } from "../system/child.js";
import { EVENTS, SOFTWARE } from "./events.js";
import { parseStat } from "./stat.js";

export interface Perf {
  readonly command: string;
  /** The events that can be counted, in the bug report's order. */
  readonly events: readonly string[];
  /** Why hardware events are missing, as a text for the user; undefined when none is missing. */
  readonly missing?: string;
}

export const perfCommand = (): string => process.env["FIBRIL_PERF"] ?? "perf";

/** Seconds that a trial may take. */
const TRIAL = 20;
const never = new AbortController().signal;

export async function findPerf(): Promise<Perf> {
  const command = perfCommand();
  const version = await run(command, ["--version"], TRIAL, never);
  if (version.trouble !== undefined) {
    const missing = "no hardware counters: perf is not installed; apt-get install linux-perf";
    return { command, events: [], missing };
  }
  const { events, refused } = await tryAll(command);
  if (refused.size === 0) return { command, events };
  const hardware = events.filter((event) => !SOFTWARE.has(event));
  const which =
    hardware.length === 0
      ? "no hardware counters"
      : `${EVENTS.length - events.length} events cannot be counted`;
  return { command, events, missing: `${which}: ${[...refused].join("; ")}` };
}

interface Tried {
  readonly events: readonly string[];
  /** The reasons why the other events are not counted. */
  readonly refused: ReadonlySet<string>;
}

async function tryAll(command: string): Promise<Tried> {
  const together = await attempt(command, EVENTS);
  if (typeof together !== "string") {
    const events = EVENTS.filter((event) => event in together || `${event}:u` in together);
    return { events, refused: new Set(events.length < EVENTS.length ? [NONE] : []) };
  }
  const events: string[] = [];
  const refused = new Set<string>();
  for (const event of EVENTS) {
    const counted = await attempt(command, [event]);
    if (typeof counted === "string") refused.add(counted);
    else if (Object.keys(counted).length === 0) refused.add(NONE);
    else events.push(event);
  }
  return { events, refused };
}

const NONE = "the processor, or the virtual machine, offers none";

/** What perf counts of a program that does nothing, or the reason why it refuses. */
async function attempt(
  command: string,
  events: readonly string[],
): Promise<Readonly<Record<string, number>> | string> {
  const args = ["stat", "-e", events.join(","), "-j", "--", "true"];
  const { stderr, stdout, trouble } = await run(command, args, TRIAL, never);
  if (trouble === undefined) return parseStat(`${stdout}\n${stderr}`).events;
  if (/perf_event_paranoid|[Pp]ermission|not permitted|is limited/.test(stderr + trouble)) {
    return `not permitted (kernel.perf_event_paranoid is ${paranoid()}); sysctl -w kernel.perf_event_paranoid=-1`;
  }
  return "this perf does not know the event";
}

function paranoid(): string {
  try {
    return readFileSync("/proc/sys/kernel/perf_event_paranoid", "utf8").trim();
  } catch {
    return "unknown";
  }
}

export const hasHardware = ({ events }: Perf): boolean =>
  events.some((event) => !SOFTWARE.has(event));
