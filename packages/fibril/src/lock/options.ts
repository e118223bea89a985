/** What locks of every kind take, and what they are called. */
import { checkOptions, type Rules, TEXT } from "../core/index.js";

/** Options of every lock. */
export interface LockOptions {
  /** For dumps and for errors. */
  readonly name?: string | undefined;
}

const RULES: Rules<LockOptions> = { name: TEXT };

/** Checks the options of `kind`; answers what the lock is called: `mutex "db"`, or `a mutex`. */
export function titleOf(kind: string, options: LockOptions): string {
  checkOptions(kind, options, RULES);
  return title(kind, options.name);
}

export function title(kind: string, name: string | undefined): string {
  if (name !== undefined) return `${kind} ${JSON.stringify(name)}`;
  return /^[aeiou]/.test(kind) ? `an ${kind}` : `a ${kind}`;
}
