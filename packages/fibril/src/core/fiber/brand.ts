/**
 * Which fibers are this copy's own. A program may have the library twice, for instance in two versions;
 * a fiber can only be entered by the copy that made it.
 */
import { foreign } from "../kernel/errors.js";
import { kindOf } from "../kernel/text.js";

/** As in package.json. */
export const VERSION = "0.1.0";

/**
 * On the prototype of this copy's fibers. `instanceof` would walk the prototypes at every op, a twelfth
 * of a transfer between fibers of a subclass; V8 knows what is on a prototype from the hidden class,
 * which it has to check anyhow.
 */
export const OWN: unique symbol = Symbol("fibril.own");

/** On the prototype of every copy's fibers, so that a foreign one is told from a mistake. */
const BRAND: unique symbol = Symbol.for("fibril.fiber");

/** A copy of the library, for messages. */
interface Copy {
  readonly version: string;
  readonly url: string;
}

/** Bundlers may have left nothing of it. */
const { url = "a bundle" } = import.meta as { readonly url?: string };
/** The place without the path inside the package. */
const THIS: Copy = {
  version: VERSION,
  url: url.replace(/dist\/(?:slim\/)?fibril\.js(\?.*)?$/, ""),
};

/** Called once, with the class of this copy. */
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

/** What is thrown for a fiber of another copy (line 12), and for what is no fiber at all. */
export function stranger(value: unknown): Error {
  try {
    if (typeof value === "object" && value !== null && BRAND in value) {
      return foreign(nameOf(value[BRAND]), nameOf(THIS));
    }
  } catch {
    // A proxy that cannot be asked is no fiber.
  }
  return new TypeError(`a fiber is expected, not ${kindOf(value)}`);
}

function nameOf(copy: unknown): string {
  const { version = "of another version", url = "an unknown place" } = Object(
    copy,
  ) as Partial<Copy>;
  return `fibril ${version} from ${url}`;
}
