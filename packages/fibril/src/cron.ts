import { Cron } from "croner";
import type { Times } from "./policy/every.js";

/** How a cron expression is read. */
export interface CronOptions {
  /** The time zone that the expression is read in, such as "Europe/Berlin"; the machine's own by default. */
  readonly timezone?: string | undefined;
}

/**
 * The times of a cron expression, for `every`: five fields, or six with seconds in front.
 *
 * Needs the package croner, which reads the expression. Does not suspend. Throws croner's errors:
 * TypeError for what is not an expression, or no time zone.
 *
 *     yield* every(cron("30 4 * * mon-fri", { timezone: "Europe/Berlin" }), backUp);
 */
export function cron(expression: string, options: CronOptions = {}): Times {
  const { timezone } = options;
  const job = new Cron(expression, timezone === undefined ? {} : { timezone });
  // A time zone that does not exist is told here, not at the first time.
  job.nextRun();
  return (after) => job.nextRun(after);
}
