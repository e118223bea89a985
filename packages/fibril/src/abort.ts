/**
 * The type of AbortSignal. It is the host's own type where the program has one (the DOM's types or Node's),
 * because the library itself is compiled without any host's types.
 */
import { Cancelled } from "./core/index.js";

/** The part of an AbortSignal that the library uses. */
export interface AnyAbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** The host's AbortSignal. */
export type HostAbortSignal = typeof globalThis extends { AbortSignal: { prototype: infer Signal } }
  ? Signal
  : AnyAbortSignal;

export interface AnyAbortController {
  readonly signal: HostAbortSignal;
  abort(reason?: unknown): void;
}

export function newAbortController(): AnyAbortController {
  const host = globalThis as unknown as { AbortController: new () => AnyAbortController };
  return new host.AbortController();
}

/** What a signal is aborted with: what `cancel` was given as its reason, otherwise the error itself. */
export function reasonOf(error: unknown): unknown {
  return Cancelled.is(error) ? (error.reason ?? error) : error;
}

/** Whether a value is an AbortSignal, of this realm or another. */
export function isAbortSignal(value: unknown): value is HostAbortSignal {
  const signal = value as Partial<AnyAbortSignal> | null | undefined;
  return (
    typeof signal === "object" &&
    signal !== null &&
    typeof signal.aborted === "boolean" &&
    typeof signal.addEventListener === "function"
  );
}
