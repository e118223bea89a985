/**
 * Turns the arguments of `raise` into the error that it throws (contract line 27).
 */
import { TEXT, checkValue } from "../kernel/check.js";
import { notAnException } from "../kernel/errors.js";

/** An error, a message, or the class of an error. */
export type Raisable =
  | Error
  | string
  | (new (message?: string, options?: ErrorOptions) => Error)
  | (new (errors: Iterable<any>, message?: string, options?: ErrorOptions) => AggregateError);

type Made = new (...args: unknown[]) => Error;

/**
 * The forms of Ruby's `raise`: nothing, a message, a class, a class and a message, an error. An error
 * with a message gives a copy of the error with that message. A `cause` in the options goes to a new
 * error, and to an existing error that has none.
 */
export function toError(raisable?: Raisable, message?: string, options?: ErrorOptions): Error {
  if (message !== undefined) checkValue("the message of raise", message, TEXT);
  if (raisable === undefined) return new Error("unhandled exception", options);
  if (typeof raisable === "string") {
    if (message !== undefined) throw notAnException();
    return new Error(raisable, options);
  }
  if (typeof raisable === "function") {
    if (!isErrorClass(raisable)) throw notAnException();
    const text = message ?? raisable.name;
    const aggregate = raisable === AggregateError || raisable.prototype instanceof AggregateError;
    return new (raisable as Made)(...(aggregate ? [[], text, options] : [text, options]));
  }
  if (!isError(raisable)) throw notAnException();
  const caused = options !== undefined && "cause" in options && raisable.cause === undefined;
  if (message === undefined && (!caused || Object.isExtensible(raisable))) {
    if (caused) raisable.cause = options.cause;
    return raisable;
  }
  return copyOf(raisable, message ?? raisable.message, caused ? { cause: options.cause } : {});
}

/**
 * The same error with another message, as Ruby's `exception(message)` gives it. It is a genuine error of
 * the same class. Its constructor is not run, because its parameters are unknown. Its stack begins where
 * it was raised.
 */
function copyOf(error: Error, message: string, options: ErrorOptions): Error {
  // The fields of a DOMException can only be set by its constructor.
  if (tagOf(error) === "[object DOMException]") {
    return new (error.constructor as Made)(message, { name: error.name, ...options });
  }
  const { message: _, stack: __, ...rest } = Object.getOwnPropertyDescriptors(error);
  const copy = new Error(message, options);
  Object.setPrototypeOf(copy, Object.getPrototypeOf(error) as object);
  return Object.defineProperties(copy, rest);
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}

/** True also for an error of another realm, and for a DOMException, which is not `instanceof Error` everywhere. */
function isError(value: unknown): value is Error {
  try {
    if (value instanceof Error) return true;
    const tag = tagOf(value);
    return tag === "[object Error]" || tag === "[object DOMException]";
  } catch {
    return false; // a revoked proxy
  }
}

function isErrorClass(value: Function): boolean {
  return value === Error || value.prototype instanceof Error;
}
