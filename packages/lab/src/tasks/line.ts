/** Turns the output of a task program into an outcome. */
import type { Cell, Outcome } from "../cell.js";
import { taskCell, type TaskLine, wholeOf } from "./cell.js";

export function outcomeOf(cell: Cell, stdout: string): Outcome {
  const line = parsed(stdout.trimEnd().split("\n").at(-1) as string);
  if (line === undefined) return { failed: `printed ${JSON.stringify(stdout.slice(0, 80))}` };
  const asked = taskCell(cell);
  const whole = wholeOf(asked);
  const { count, sum, n, made } = line;
  if (line.workload !== asked.workload || n !== asked.n || count > whole.count) {
    return { failed: `did ${count} of ${whole.count} in ${line.workload} ${n}` };
  }
  const cut = count < whole.count;
  if (cut && cell.limit === undefined) return { failed: `did ${count}, not ${whole.count}` };
  if (cut && count === 0) {
    return { stoppedAt: made, error: `the time limit of ${asked.limit} s, before one was done` };
  }
  if (!cut && sum !== whole.sum) {
    return { failed: `its tasks came to ${sum}, not ${whole.sum}` };
  }
  return sampleOf(line);
}

function parsed(text: string): TaskLine | undefined {
  try {
    const line = JSON.parse(text) as Partial<TaskLine>;
    const { count, seconds, sum, rssKiB, emptyKiB } = line;
    const sound = [count, seconds, sum, rssKiB, emptyKiB].every(
      (value) => typeof value === "number" && value >= 0,
    );
    return sound ? (line as TaskLine) : undefined;
  } catch {
    return undefined;
  }
}

function sampleOf(line: TaskLine): Outcome {
  const { userSeconds, systemSeconds } = line;
  const { n, count, seconds, rssKiB, emptyKiB, keptBytes, wakeSeconds, lateness } = line;
  const { best = count / seconds } = line;
  return {
    count,
    seconds,
    userSeconds,
    systemSeconds,
    best,
    rssKiB,
    bytesPerFiber: ((rssKiB - emptyKiB) * 1024) / n,
    ...(keptBytes !== undefined && { keptBytes: keptBytes / n }),
    ...(wakeSeconds !== undefined && { wakeSeconds }),
    ...(lateness && { loopDelay: lateness }),
  };
}
