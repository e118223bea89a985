/** What programs throw, give as reasons and use as names, at their worst. */
import { Cancelled } from "fibril";

/** A value of the worst kinds. `texts` is called when it is looked at, and throws. */
export function hostile(what: number, texts: () => never): unknown {
  switch (what) {
    case 0:
      return Object.create(null);
    case 1: {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    }
    case 2:
      return Object.freeze(new Error("frozen"));
    case 3:
      return Symbol("a symbol");
    case 4: {
      const error = new Error("getters");
      void error.stack; // made now: with source maps its making reads the message
      return Object.defineProperties(error, {
        message: { get: texts },
        name: { get: texts },
        stack: { get: texts },
        cause: { get: texts },
      });
    }
    case 5:
      return { toString: texts, [Symbol.toPrimitive]: texts, toJSON: texts };
    case 6: {
      const error = new Error("its own cause");
      error.cause = error;
      return error;
    }
    case 7: {
      const { proxy, revoke } = Proxy.revocable(new Error("revoked"), {});
      revoke();
      return proxy;
    }
    case 8:
      return new Proxy({}, { get: texts, getPrototypeOf: texts, has: texts });
    case 9:
      // oxlint-disable-next-line unicorn/no-thenable -- that is the case
      return Object.assign(() => {}, { then: texts });
    default:
      return new Error("an error");
  }
}

/** Gives a routine a name that is none. */
export function named<F extends Function>(routine: F, name: number, texts: () => never): F {
  if (name === 0) Object.defineProperty(routine, "name", { value: Symbol("name") });
  if (name === 1) Object.defineProperty(routine, "name", { get: texts });
  if (name === 2) Object.defineProperty(routine, "name", { value: Object.create(null) });
  return routine;
}

export function isCancelled(error: unknown): boolean {
  try {
    return error instanceof Cancelled;
  } catch {
    return false; // a revoked proxy
  }
}

/** The errors in an error, which may be anything. */
export function parts(error: unknown): unknown[] {
  const found = new Set<unknown>();
  const left = [error];
  for (let at = left.pop(); left.length > 0 || at !== undefined; at = left.pop()) {
    if (found.has(at)) continue;
    found.add(at);
    try {
      if (at instanceof AggregateError) {
        found.delete(at);
        left.push(...(at.errors as unknown[]));
      }
    } catch {
      // a revoked proxy
    }
  }
  return [...found];
}
