/** The time on the clock of the running fiber's host. */
import { currentScheduler, unscheduled } from "./core/index.js";

/**
 * The time on the clock of the running fiber's host, in milliseconds. A plain call. Throws FiberError outside of a
 * scheduler's fibers.
 */
export function hostNow(): number {
  const scheduler = currentScheduler();
  if (scheduler === null) throw unscheduled("now()");
  return scheduler.host.now();
}
