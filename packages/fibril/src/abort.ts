/**
 * The type of AbortSignal. It is the host's own type where the program has one (the DOM's types or Node's),
 * because the library itself is compiled without any host's types.
 */
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

interface AnyAbortController {
  readonly signal: HostAbortSignal;
  abort(reason?: unknown): void;
}

export function newAbortController(): AnyAbortController {
  const host = globalThis as unknown as { AbortController: new () => AnyAbortController };
  return new host.AbortController();
}
