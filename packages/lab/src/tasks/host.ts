/** Time limits by the timers of the host alone, without any task that waits. */
import { promisify } from "node:util";
import { each, measure, n, startClock, stopClock, unit, upTo, weight } from "./bench.js";

const MINUTE = 60_000;
const late = (): never => {
  throw new Error("a timer that was cleared has fired");
};

/** Sets N timers that are pending at once and clears them, `each` times. */
function deadlines(): void {
  const timers: NodeJS.Timeout[] = [];
  startClock();
  for (let lap = 0; lap < each; lap++) {
    for (let index = 0; index < n; index++) timers[index] = setTimeout(late, MINUTE);
    for (const timer of timers) {
      clearTimeout(timer);
      unit(1);
    }
  }
  timers.length = 0;
  stopClock();
}

/** Sets N timers one after the other, around work that ends in time. */
function limits(): void {
  for (const index of upTo(n)) {
    const timer = setTimeout(late, MINUTE);
    unit(weight(index));
    clearTimeout(timer);
  }
}

/** The program of the well-known comparison of a million concurrent tasks, with a count added. */
async function sleepBare(): Promise<void> {
  const delay = promisify(setTimeout);
  const tasks: Promise<unknown>[] = [];
  for (const _ of upTo(n)) tasks.push(delay(each * 1000));
  for (const _ of await Promise.all(tasks)) unit(1);
}

await measure({ deadlines, limits, "sleep-bare": sleepBare });
