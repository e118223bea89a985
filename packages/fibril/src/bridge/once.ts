/** The wait for one event. */
import {
  CALLBACK,
  checkOptions,
  type Op,
  type Rule,
  type Rules,
  suspend,
  TEXT,
} from "../core/index.js";
import {
  type AnyEventEmitter,
  type AnyEventTarget,
  checkEmits,
  errorOf,
  isTarget,
  listen,
} from "./listen.js";

/** Options of `once`. */
export interface OnceOptions<E> {
  /** Which of the events is meant; any by default. */
  readonly when?: ((event: E) => boolean) | undefined;
  /**
   * Events that end the wait with an error: the one that they carry. `["error"]` by default of an
   * EventEmitter, none of an EventTarget, for which "error" means too many things.
   */
  readonly failOn?: readonly string[] | undefined;
  /** For dumps: `event "message"` by default. */
  readonly name?: string | undefined;
}

export const NAMES: Rule = {
  takes: "an array of names of events",
  holds: (value) => Array.isArray(value) && value.every((each) => typeof each === "string"),
};
const RULES: Rules<OnceOptions<any>> = { when: CALLBACK, failOn: NAMES, name: TEXT };

/** The events that tell of failure; what is waited for by name is none. */
export function failing(
  from: AnyEventTarget | AnyEventEmitter,
  type: string | symbol,
  failOn: readonly string[] | undefined,
): readonly string[] {
  return (failOn ?? (isTarget(from) ? [] : ["error"])).filter((each) => each !== type);
}

/**
 * Waits for an event: results in the event of an EventTarget, in the array of the arguments of an EventEmitter.
 *
 * Listens only while it waits. Suspends always. Throws the error of an event of `failOn`, what `when` throws,
 * and Cancelled.
 *
 * ```ts
 * const target = new EventTarget();
 * spawn(function* () {
 *   target.dispatchEvent(new Event("ready"));
 * });
 * const event = yield* once<Event>(target, "ready");
 * event.type; // "ready"
 * ```
 */
export function once<E = any>(from: AnyEventTarget, type: string, options?: OnceOptions<E>): Op<E>;
export function once<Args extends readonly unknown[] = any[]>(
  from: AnyEventEmitter,
  type: string | symbol,
  options?: OnceOptions<Args>,
): Op<Args>;
export function once(
  from: AnyEventTarget | AnyEventEmitter,
  type: string | symbol,
  options: OnceOptions<any> = {},
): Op<unknown> {
  checkEmits("once", from);
  checkOptions("once", options, RULES);
  const { when, failOn, name = `event "${String(type)}"` } = options;
  return suspend<unknown>(name, (wake, fail) => {
    const stops: (() => void)[] = [];
    const stop = (): void => {
      for (const each of stops.splice(0)) each();
    };
    const end = (tell: (value: unknown) => void, value: unknown): void => {
      stop();
      tell(value);
    };
    const told = (event: unknown): void => {
      try {
        if (when !== undefined && !when(event)) return;
      } catch (error) {
        return end(fail, error);
      }
      end(wake, event);
    };
    try {
      stops.push(listen(from, type, told));
      for (const each of failing(from, type, failOn)) {
        stops.push(listen(from, each, (event) => end(fail, errorOf(each, event))));
      }
    } catch (error) {
      stop();
      throw error;
    }
    return stop;
  });
}
