/** The time on the clock of the running fiber's host. */
import { currentScheduler, unscheduled } from "./core/index.js";

export function hostNow(): number {
  const scheduler = currentScheduler();
  if (scheduler === null) throw unscheduled("now()");
  return scheduler.host.now();
}
