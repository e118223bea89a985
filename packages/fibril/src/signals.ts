/** AbortSignals that end runs. */
import type { HostAbortSignal } from "./abort.js";

/** The callbacks for one signal. They share one listener, because hosts warn of more than ten listeners. */
class Listeners {
  readonly #signal: HostAbortSignal;
  readonly #told = new Set<() => void>();

  constructor(signal: HostAbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", this.#abort, { once: true });
  }

  add(abort: () => void): void {
    this.#told.add(abort);
  }

  delete(abort: () => void): void {
    this.#told.delete(abort);
    if (this.#told.size > 0) return;
    this.#signal.removeEventListener("abort", this.#abort);
    known.delete(this.#signal);
  }

  readonly #abort = (): void => {
    known.delete(this.#signal);
    for (const abort of this.#told) abort();
  };
}

const known = new WeakMap<HostAbortSignal, Listeners>();

/** Calls back when the signal aborts. Returns a function that takes that back; it may be called late, and twice. */
export function onAbort(signal: HostAbortSignal, abort: () => void): () => void {
  let listeners = known.get(signal);
  if (listeners === undefined) known.set(signal, (listeners = new Listeners(signal)));
  const of = listeners;
  of.add(abort);
  return () => of.delete(abort);
}
