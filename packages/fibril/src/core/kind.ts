/**
 * What a value is, in words: for messages about values that somebody else has made. Nothing that such
 * a value does when it is looked at (a getter, a proxy) may take the message's place.
 */

/** Such as `a string`, `an array`, `null`. */
export function kindOf(value: unknown): string {
  switch (typeof value) {
    case "undefined":
      return "undefined";
    case "function":
      return "a function";
    case "object":
      return value === null ? "null" : kindOfObject(value);
    default:
      return `a ${typeof value}`;
  }
}

function kindOfObject(value: object): string {
  try {
    if (Array.isArray(value)) return "an array";
    if (value instanceof Promise) return "a promise";
    if (Symbol.asyncIterator in value) return "an async generator";
  } catch {
    // A revoked proxy, or one whose traps throw.
  }
  return "an object";
}

/** The value itself where it is short, else its kind. */
export function shown(value: unknown): string {
  if (typeof value === "string" && value.length <= 40) return JSON.stringify(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return kindOf(value);
}

/** Whether a value has a method, as far as it can be asked. */
export function hasMethod(value: unknown, name: PropertyKey): boolean {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  try {
    return typeof (value as Record<PropertyKey, unknown>)[name] === "function";
  } catch {
    return false;
  }
}
