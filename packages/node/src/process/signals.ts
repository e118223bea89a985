/** Signals, as a channel. */
import { constants } from "node:os";
import type { Channel, EventOverflow } from "fibril";
import {
  checkOptions,
  checkScheduled,
  checkValue,
  oneOf,
  type Rule,
  type Rules,
} from "fibril/extend";
import { incoming } from "../incoming.js";
import { COUNT, LONGEST_TIMER } from "../net/options.js";

/** Options of `onSignal`. */
export interface OnSignalOptions {
  /** Signals that may be kept until they are received: 16 by default. */
  readonly capacity?: number | undefined;
  /**
   * When there are so many: `"dropping"`, the default, forgets the new one, `"sliding"` the oldest; `"fail"` ends the
   * channel with a FiberError of code `overflow`.
   */
  readonly overflow?: EventOverflow | undefined;
}

const RULES: Rules<OnSignalOptions> = {
  capacity: COUNT,
  overflow: oneOf("fail", "sliding", "dropping"),
};
const UNHEARD: ReadonlySet<unknown> = new Set(["SIGKILL", "SIGSTOP"]);
export const SIGNAL: Rule = {
  takes: 'the name of a signal, such as "SIGHUP"',
  holds: (value) => typeof value === "string" && Object.hasOwn(constants.signals, value),
};
const HEARD: Rule = {
  takes: 'the name of a signal that can be caught, such as "SIGHUP"',
  holds: (value) => SIGNAL.holds(value) && !UNHEARD.has(value),
};

const NAMES: Rule = {
  takes: 'the name of a signal, such as "SIGHUP", or an array of names',
  holds: (value) => Array.isArray(value) && value.length > 0,
};

/** One listener for each signal, because Node warns of more than ten. */
const heard = new Map<NodeJS.Signals, Set<(name: NodeJS.Signals) => void>>();

function comes(name: NodeJS.Signals): void {
  // A copy, because who is told may leave, and others may come.
  for (const told of Array.from(heard.get(name) ?? [])) told(name);
}

function hear(name: NodeJS.Signals, told: (name: NodeJS.Signals) => void): void {
  const there = heard.get(name);
  if (there !== undefined) return void there.add(told);
  process.on(name, comes);
  heard.set(name, new Set([told]));
}

function unhear(name: NodeJS.Signals, told: (name: NodeJS.Signals) => void): void {
  const there = heard.get(name);
  if (there?.delete(told) !== true || there.size > 0) return;
  heard.delete(name);
  process.removeListener(name, comes);
}

/**
 * Listens to one signal or several until the innermost scope ends: as a channel of their names. While it listens, Node's
 * own answer to them, which is to end the process, is switched off.
 *
 * A plain call. It keeps the process alive, because a signal may come at any time. Throws TypeError and RangeError for
 * what is not a signal and for invalid options, Node's error for signals that the system does not have. `main` goes on
 * to answer SIGINT and SIGTERM by cancelling its routine: a program that decides for itself uses `run`.
 *
 * ```ts
 * import { run } from "fibril";
 * import { onSignal } from "@fibril/node";
 *
 * const signal = await run(function* () {
 *   const signals = onSignal(["SIGHUP", "SIGUSR1"]);
 *   process.kill(process.pid, "SIGHUP");
 *   return yield* signals.receive();
 * });
 * signal; // "SIGHUP"
 * ```
 */
export function onSignal(
  signals: NodeJS.Signals | readonly NodeJS.Signals[],
  options: OnSignalOptions = {},
): Channel<NodeJS.Signals> {
  if (typeof signals !== "string") checkValue("onSignal", signals, NAMES);
  const names = typeof signals === "string" ? [signals] : Array.from(signals);
  for (const name of names) checkValue("onSignal", name, HEARD);
  checkOptions("onSignal", options, RULES);
  checkScheduled("onSignal");
  const { capacity = 16, overflow = "dropping" } = options;
  return incoming<NodeJS.Signals>(
    { capacity, overflow, name: `signals ${names.join(", ")}` },
    (told) => {
      const message = (name: NodeJS.Signals): void => told.message(name);
      // A listener of a signal alone does not keep the process alive.
      const alive = setInterval(() => {}, LONGEST_TIMER);
      const stop = (): void => {
        clearInterval(alive);
        for (const name of names) unhear(name, message);
      };
      try {
        for (const name of names) hear(name, message);
      } catch (error) {
        stop();
        throw error;
      }
      return stop;
    },
  );
}
