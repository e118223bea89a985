/**
 * The schedulers that have fibers: for tools that look for all of them. A scheduler is here from its
 * first fiber's start to the turn after its last one's end.
 */
import type { Scheduler } from "./scheduler.js";

export const active: Set<Scheduler> = new Set();
