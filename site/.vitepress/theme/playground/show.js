/** Values as a console shows them, briefly. */
export function show(value) {
  if (typeof value === "string") return value;
  if (value instanceof Error) return showError(value);
  return part(value, 0);
}

/** The lines of the program are two less than those of the function that it is made into. */
function showError(error) {
  const head = `${error.name}: ${error.message}`;
  const [at] = /program\.ts:\d+/.exec(error.stack ?? "") ?? [];
  const line = at && Number(at.split(":")[1]) - 2;
  const place = line > 0 ? ` (line ${line})` : "";
  const causes = error.cause === undefined ? "" : `\n  cause: ${show(error.cause)}`;
  const several = Array.isArray(error.errors)
    ? error.errors.map((one) => `\n  - ${show(one)}`).join("")
    : "";
  return head + place + several + causes;
}

function part(value, depth) {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `[function ${value.name || "without a name"}]`;
  if (typeof value !== "object" || value === null) return String(value);
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (depth > 2) return "…";
  if (Array.isArray(value)) return `[${list(value, (item) => part(item, depth + 1))}]`;
  if (value instanceof Map) {
    return `Map { ${list([...value], ([key, item]) => `${part(key, depth + 1)} => ${part(item, depth + 1)}`)} }`;
  }
  if (value instanceof Set) return `Set { ${list([...value], (item) => part(item, depth + 1))} }`;
  const name = Object.getPrototypeOf(value)?.constructor?.name;
  // Fibers, locks and the like say in a word what they are.
  if (name !== undefined && name !== "Object")
    return Object.hasOwn(Object.getPrototypeOf(value), "toString") ? String(value) : name;
  const fields = list(Object.entries(value), ([key, item]) => `${key}: ${part(item, depth + 1)}`);
  return fields === "" ? "{}" : `{ ${fields} }`;
}

function list(items, shown) {
  const first = items.slice(0, 100).map(shown);
  return [...first, ...(items.length > 100 ? [`… ${items.length - 100} more`] : [])].join(", ");
}
