/** The time that the running fiber lives in. */
import { unscheduled } from "./core/errors.js";
import * as kernel from "./core/kernel.js";
import type { Scheduler } from "./core/scheduler.js";

const { K } = kernel;

export function hostNow(): number {
  if (K.task === null) throw unscheduled("now()");
  return (K.task._scope.scheduler as Scheduler).host.now();
}
