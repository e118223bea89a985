/** Signals to processes and to groups of them. A group is also what a process has started, of which nobody tells us. */
import { readdirSync, readFileSync } from "node:fs";

/** Sends a signal to a process, or to all in a group if its number is negative. False when there is nobody. */
export function sendSignal(to: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(to, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

/**
 * Whether anybody in a group still runs. To the system, a process that has ended is there until its parent asks for its
 * exit code; the first process of a container, which inherits those whose parent has ended, often never does. So Linux
 * is asked more closely.
 */
export function groupRuns(group: number): boolean {
  if (!sendSignal(-group, 0)) return false;
  if (process.platform !== "linux") return true;
  try {
    return readdirSync("/proc").some((name) => /^\d/.test(name) && runsIn(group, name));
  } catch {
    return true;
  }
}

/** `12 (a name with spaces) S 1 10 …`: its state, its parent and its group. */
function runsIn(group: number, pid: string): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [state, , its] = text.slice(text.lastIndexOf(")") + 2).split(" ", 3);
    return Number(its) === group && state !== "Z" && state !== "X";
  } catch {
    // It has ended meanwhile.
    return false;
  }
}
