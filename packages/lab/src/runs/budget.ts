/** How long a measuring command may take by itself. */
import { RUNTIME_NAMES } from "../runtimes/registry.js";

/** Seconds that the default takes at most. */
const BUDGET = 165;
/** The same where profiles are made afterwards, and written. */
const BUDGETS: Readonly<Record<string, number>> = { all: 135, create: 140 };

interface Asked {
  readonly runtime?: readonly string[];
  readonly repeats?: number;
}

/** Undefined for who has asked for more: so many repeats, or every runtime, take the time they need. */
export function budgetOf(command: string, { runtime, repeats }: Asked): number | undefined {
  const every = runtime !== undefined && RUNTIME_NAMES.every((name) => runtime.includes(name));
  if (every || repeats !== undefined) return undefined;
  return BUDGETS[command] ?? BUDGET;
}
