/**
 * What `raise` throws, from what it was given (contract line 27).
 */
import { notAnException } from "./errors.js";

/** An error, a message, or the class of an error. */
export type Raisable = Error | string | (new (message?: string, options?: ErrorOptions) => Error);

/**
 * Ruby's `raise` forms: nothing, a message, a class, a class and a message, an error. A `cause` in
 * the options is given to a new error, and to an existing one that has none.
 */
export function toError(raisable?: Raisable, message?: string, options?: ErrorOptions): Error {
  if (raisable === undefined) return new Error("unhandled exception", options);
  if (typeof raisable === "string") {
    if (message !== undefined) throw notAnException();
    return new Error(raisable, options);
  }
  if (typeof raisable === "function") {
    if (!isErrorClass(raisable)) throw notAnException();
    return new raisable(message ?? raisable.name, options);
  }
  if (!isError(raisable)) throw notAnException();
  if (message !== undefined) raisable.message = message;
  if (options !== undefined && "cause" in options && raisable.cause === undefined) {
    raisable.cause = options.cause;
  }
  return raisable;
}

/** Also an error of another realm, and a DOMException, which is not `instanceof Error` everywhere. */
function isError(value: unknown): value is Error {
  if (value instanceof Error) return true;
  const tag = Object.prototype.toString.call(value);
  return tag === "[object Error]" || tag === "[object DOMException]";
}

function isErrorClass(value: Function): boolean {
  return value === Error || value.prototype instanceof Error;
}
