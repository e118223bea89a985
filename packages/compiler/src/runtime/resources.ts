/** `using` in direct style: what a block disposes of at its end. */

interface Held {
  readonly receiver: unknown;
  readonly method: unknown;
  readonly before: Held | null;
}

export class Resources {
  /** What is to be called next. */
  receiver: unknown = undefined;
  method: unknown = undefined;
  #last: Held | null = null;

  /** The value of a declaration. Throws TypeError for what cannot be disposed of. */
  add<R>(resource: R): R {
    if (resource === null || resource === undefined) return resource;
    const method = disposalOf(resource);
    if (typeof method !== "function") {
      throw new TypeError("what is declared with using has no method [Symbol.dispose]");
    }
    this.#last = { receiver: resource, method, before: this.#last };
    return resource;
  }

  /** Whether there is one more to dispose of, the last first. */
  next(): boolean {
    if (this.#last === null) return false;
    this.receiver = this.#last.receiver;
    this.method = this.#last.method;
    this.#last = this.#last.before;
    return true;
  }
}

function disposalOf(resource: unknown): unknown {
  const isObject = typeof resource === "object" || typeof resource === "function";
  return isObject ? (resource as Record<symbol, unknown>)[Symbol.dispose] : undefined;
}

/** What a disposal throws while another error is on its way. Older engines have no SuppressedError. */
export function suppressed(error: unknown, before: unknown): Error {
  const message = "An error was suppressed during disposal";
  if (typeof SuppressedError === "function") return new SuppressedError(error, before, message);
  const made = new Error(message);
  made.name = "SuppressedError";
  return Object.assign(made, { error, suppressed: before });
}
