/** How long a measuring command may take by default. */
import { RUNTIME_NAMES } from "../runtimes/registry.js";

/** Seconds at most. */
const BUDGET = 165;
/** The same for the commands that record profiles and write them afterwards. */
const BUDGETS: Readonly<Record<string, number>> = { all: 135, create: 140 };

interface Asked {
  readonly runtime?: readonly string[];
  readonly repeats?: number;
}

/**
 * Undefined where the user asks for a number of repeats or for every runtime: these take the time they
 * need.
 */
export function budgetOf(command: string, { runtime, repeats }: Asked): number | undefined {
  const every = runtime !== undefined && RUNTIME_NAMES.every((name) => runtime.includes(name));
  if (every || repeats !== undefined) return undefined;
  return BUDGETS[command] ?? BUDGET;
}
