/**
 * Tells this copy's fibers from those of another copy of the library. A program may load the library
 * twice, for instance in two versions, but only the copy that made a fiber can enter it.
 */
import { foreign } from "../kernel/errors.js";
import { kindOf } from "../kernel/text.js";

/** As in package.json. */
export const VERSION = "0.1.0";

/**
 * Set on the prototype of this copy's fibers. `instanceof` would walk the prototype chain at every op,
 * which costs a twelfth of a transfer between fibers of a subclass. V8 knows a prototype's properties
 * from the hidden class, which it has to check anyway.
 */
export const OWN: unique symbol = Symbol("fibril.own");

/** Set on the prototype of every copy's fibers, so that a foreign fiber can be told from a mistake. */
const BRAND: unique symbol = Symbol.for("fibril.fiber");

/** What a message says about a copy of the library. */
interface Copy {
  readonly version: string;
  readonly url: string;
}

/** A bundler may have removed it. */
const { url = "a bundle" } = import.meta as { readonly url?: string };
/** This copy. Its URL ends at the package's directory. */
const THIS: Copy = {
  version: VERSION,
  url: url.replace(/dist\/fibril\.js(\?.*)?$/, ""),
};

/** Called once, with the prototype of this copy's class. */
export function brand(prototype: object): void {
  Object.defineProperty(prototype, BRAND, { value: THIS });
  Object.defineProperty(prototype, OWN, { value: true });
}

/** Throws unless the value is a fiber of this copy: for plain calls that take a fiber. */
export function checkFiber(value: unknown): void {
  if ((value as { readonly [OWN]?: true } | null | undefined)?.[OWN] !== true) {
    throw stranger(value);
  }
}

/** The error for a fiber of another copy (contract line 12), or for a value that is not a fiber. */
export function stranger(value: unknown): Error {
  try {
    if (typeof value === "object" && value !== null && BRAND in value) {
      return foreign(nameOf(value[BRAND]), nameOf(THIS));
    }
  } catch {
    // A proxy that throws when it is inspected is not a fiber.
  }
  return new TypeError(`expected a fiber, not ${kindOf(value)}`);
}

function nameOf(copy: unknown): string {
  const { version = "of another version", url = "an unknown place" } = Object(
    copy,
  ) as Partial<Copy>;
  return `fibril ${version} from ${url}`;
}
