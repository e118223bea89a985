/**
 * How errors pass between threads. A clone made by the host forgets the class, the code and all other properties of an
 * error; so its parts are sent, and an error of the same class is made of them. Of a class that only the other thread knows,
 * the name remains.
 */
import { DeadlockError, FiberError, type FiberErrorCode, TimeoutError } from "fibril";
import { HttpError } from "../http/error.js";
import { clones } from "./uncloneable.js";

/** An error, or something else that was thrown. */
export interface SentError {
  /** Undefined for a value that is not an error. */
  readonly error: SentParts | undefined;
  readonly value: unknown;
}

interface SentParts {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause: SentError | undefined;
  /** Those of an AggregateError. */
  readonly errors: readonly SentError[] | undefined;
  /** Its further properties, as far as they can be sent. */
  readonly more: Readonly<Record<string, unknown>>;
}

/** Causes, and errors in an AggregateError, are followed so deep. */
const DEPTH = 8;
const OWN: readonly string[] = ["name", "message", "stack", "cause", "errors"];

/** Never throws, whatever was thrown. */
export function pack(thrown: unknown, where: string, depth = 0): SentError {
  if (!(thrown instanceof Error)) {
    const value = clones(thrown, []) ? thrown : `a value that cannot be sent: ${typeof thrown}`;
    return { error: undefined, value };
  }
  const inner = (error: unknown): SentError => pack(error, "", depth + 1);
  const more: Record<string, unknown> = {};
  try {
    for (const [key, value] of Object.entries(thrown)) {
      if (!OWN.includes(key) && clones(value, [])) more[key] = value;
    }
    // As the program has set them, which may not be as they are declared.
    const { cause, message, name, stack } = thrown as Readonly<Record<keyof Error, unknown>>;
    const errors =
      thrown instanceof AggregateError && depth < DEPTH ? thrown.errors.map(inner) : undefined;
    return {
      error: {
        name: String(name),
        message: String(message),
        stack: typeof stack === "string" ? stack + where : undefined,
        cause: cause === undefined || depth >= DEPTH ? undefined : inner(cause),
        errors,
        more,
      },
      value: undefined,
    };
  } catch {
    return { error: undefined, value: "an error that cannot be read" };
  }
}

/** The classes that both threads have, by the names of their errors. */
const CLASSES: ReadonlyMap<string, object> = new Map<string, object>(
  [
    TypeError,
    RangeError,
    SyntaxError,
    ReferenceError,
    EvalError,
    URIError,
    AggregateError,
    FiberError,
    TimeoutError,
    DeadlockError,
    HttpError,
  ].map(({ name, prototype }) => [prototype.name ?? name, prototype]),
);

export function unpack({ error: parts, value }: SentError): unknown {
  if (parts === undefined) return value;
  const { cause, errors, message, more, name, stack } = parts;
  const error = new Error(message, cause === undefined ? {} : { cause: unpack(cause) });
  const known = CLASSES.get(name);
  if (known !== undefined) Object.setPrototypeOf(error, known);
  if (error.name !== name) hidden(error, "name", name);
  if (errors !== undefined) hidden(error, "errors", errors.map(unpack));
  if (stack !== undefined) hidden(error, "stack", stack);
  return Object.assign(error, more);
}

/** As the host does it, so that it is not printed beside the stack. */
function hidden(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, configurable: true, writable: true });
}

/** For a thread that has ended, a pool that has closed, and the like. */
export function broken(
  message: string,
  code: FiberErrorCode = "broken",
  cause?: unknown,
): FiberError {
  return new FiberError(code, message, cause === undefined ? {} : { cause });
}
