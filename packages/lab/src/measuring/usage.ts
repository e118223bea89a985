/** What this process has used, according to the operating system. */
import type { Sample } from "../cell.js";

type Usage = Required<
  Pick<Sample, "userSeconds" | "systemSeconds" | "minorFaults" | "majorFaults" | "contextSwitches">
>;

function usage(): Usage {
  const used = process.resourceUsage();
  return {
    userSeconds: used.userCPUTime / 1e6,
    systemSeconds: used.systemCPUTime / 1e6,
    minorFaults: used.minorPageFault,
    majorFaults: used.majorPageFault,
    contextSwitches: used.voluntaryContextSwitches + used.involuntaryContextSwitches,
  };
}

/** Returns a function that returns what was used since, by all threads of the process. */
export function watchUsage(): () => Usage {
  const before = usage();
  return () => {
    const now = usage();
    return {
      userSeconds: now.userSeconds - before.userSeconds,
      systemSeconds: now.systemSeconds - before.systemSeconds,
      minorFaults: now.minorFaults - before.minorFaults,
      majorFaults: now.majorFaults - before.majorFaults,
      contextSwitches: now.contextSwitches - before.contextSwitches,
    };
  };
}
