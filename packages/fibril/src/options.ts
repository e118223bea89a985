/** The checks of the options of `run`, `runSync` and `createScope`. */
import {
  ANYTHING,
  type Budget,
  CALLBACK,
  checkOptions,
  checkValue,
  FLAG,
  hasMethod,
  having,
  type Host,
  MILLISECONDS,
  type Probe,
  type ReadySet,
  type Rule,
  type Rules,
  TEXT,
} from "./core/index.js";

const LISTENED: Rule = having("an AbortSignal", "addEventListener", "removeEventListener");
const SIGNAL: Rule = {
  takes: LISTENED.takes,
  holds: (value) =>
    LISTENED.holds(value) && typeof (value as { readonly aborted: unknown }).aborted === "boolean",
};

const BUDGET: Rules<Budget> = {
  ms: MILLISECONDS,
  switches: { ...MILLISECONDS, takes: "switches from 0 to Infinity" },
};

const HOOKS: Rules<Probe> = {
  spawn: CALLBACK,
  resume: CALLBACK,
  suspend: CALLBACK,
  wake: CALLBACK,
  exit: CALLBACK,
  cancel: CALLBACK,
};

const READY_SET: Rule = having(
  "a function that returns a ready set, such as fifo or seeded(7)",
  "spawned",
  "add",
  "remove",
  "ended",
  "beginRound",
  "next",
);

const POLICY: Rule = { takes: READY_SET.takes, holds: CALLBACK.holds };
const PROBE: Rule = {
  takes: "an object with hooks",
  holds: (value) => typeof value === "object" && value !== null,
};

/** The options of `runSync`. */
export const SYNC_RULES: Rules<SyncOptions> = { name: TEXT, policy: POLICY, probe: PROBE };

/** The options of `run`. A host is checked when its scheduler is made. */
export const RUN_RULES: Rules<AnyOptions> = {
  ...SYNC_RULES,
  signal: SIGNAL,
  host: ANYTHING,
  budget: ANYTHING,
  asyncContext: FLAG,
};

interface SyncOptions {
  readonly name?: unknown;
  readonly policy?: unknown;
  readonly probe?: Probe | undefined;
}

interface AnyOptions extends SyncOptions {
  readonly signal?: unknown;
  readonly host?: unknown;
  readonly budget?: Partial<Budget> | undefined;
  readonly asyncContext?: unknown;
}

/** Throws unless `options` are valid options of the function. */
export function checkRunOptions(
  what: string,
  options: AnyOptions,
  rules: Rules<SyncOptions> | Rules<AnyOptions>,
): void {
  checkOptions(what, options, rules as Rules<AnyOptions>);
  const { budget, probe } = options;
  if (budget !== undefined) checkOptions("a budget", budget, BUDGET);
  // A probe may have other properties besides hooks, because it may be any object of the program's.
  for (const name of probe === undefined ? [] : (Object.keys(HOOKS) as (keyof Probe)[])) {
    const hook = probe?.[name];
    if (hook !== undefined) checkValue(`the hook ${name} of a probe`, hook, HOOKS[name]);
  }
}

/** Throws unless a policy has returned a ready set. */
export function checkReadySet(made: ReadySet<any>): ReadySet<any> {
  checkValue("the option policy of run", made, READY_SET);
  return made;
}

/** More switches than any turn has. The loop counts down, which Infinity cannot. */
const MANY: number = 2 ** 30 - 1;

/** A budget with the defaults for what was left out. */
export function wholeBudget({ ms = 5, switches = 65_536 }: Partial<Budget> = {}): Budget {
  return { ms, switches: Math.min(switches, MANY) };
}

const NEEDED: readonly (keyof Host)[] = ["now", "setTimer", "clearTimer", "post", "report"];

const OPTIONAL: readonly (keyof Host)[] = ["onIdle", "context"];

/** Checks a host at once, as Ruby checks a scheduler, and not only when the first fiber sleeps. */
export function checkHost(host: Host): void {
  const missing: string[] = NEEDED.filter((name) => !hasMethod(host, name));
  for (const name of OPTIONAL) {
    if (host?.[name] !== undefined && !hasMethod(host, name)) missing.push(name);
  }
  if (missing.length > 0) throw new TypeError(`a host must implement ${missing.join(", ")}`);
}
