/** Events of the host, whatever kind of thing emits them. */
import { FiberError, hasMethod, shown, textOf } from "../core/index.js";

/** As much of an EventTarget as is used. */
export interface AnyEventTarget {
  addEventListener(type: string, listener: (event: any) => void): void;
  removeEventListener(type: string, listener: (event: any) => void): void;
}

/** As much of Node's EventEmitter as is used. */
export interface AnyEventEmitter {
  on(type: any, listener: (...args: any[]) => void): unknown;
  removeListener(type: any, listener: (...args: any[]) => void): unknown;
}

/** What has both is taken for an EventTarget, because that says more of an event. */
export function isTarget(from: AnyEventTarget | AnyEventEmitter): from is AnyEventTarget {
  return hasMethod(from, "addEventListener") && hasMethod(from, "removeEventListener");
}

/** Throws unless it emits events of one kind or the other. */
export function checkEmits(what: string, from: AnyEventTarget | AnyEventEmitter): void {
  if (isTarget(from) || (hasMethod(from, "on") && hasMethod(from, "removeListener"))) return;
  throw new TypeError(`${what} takes an EventTarget or an EventEmitter, not ${shown(from)}`);
}

/** Listens; an emitter's arguments come as an array. Gives what stops it. */
export function listen(
  from: AnyEventTarget | AnyEventEmitter,
  type: string | symbol,
  told: (event: any) => void,
): () => void {
  if (isTarget(from)) {
    from.addEventListener(type as string, told);
    return () => from.removeEventListener(type as string, told);
  }
  const listener = (...args: unknown[]): void => told(args);
  from.on(type, listener);
  return () => void from.removeListener(type, listener);
}

/** The error that an event tells of: its own where it has one. */
export function errorOf(type: string | symbol, event: unknown): unknown {
  const own = Array.isArray(event) ? event[0] : (event as { error?: unknown } | null)?.error;
  if (own instanceof Error) return own;
  const said = Array.isArray(event) ? own : (event as { message?: unknown } | null)?.message;
  const why = typeof said === "string" && said !== "" ? `: ${textOf(said)}` : "";
  return new FiberError("event", `the event "${String(type)}" came${why}`, { cause: own ?? event });
}
