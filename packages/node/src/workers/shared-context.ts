/** Contexts whose values go along with calls to workers. */
import { type Context, Fiber, type Op, type Routine, routine } from "fibril";
import { calling, checkValue, TEXT } from "fibril/extend";

/** The names of the contexts that this thread knows. */
const known = new Set<string>();

/** The same in every thread, as far as each is concerned. */
const keyOf = (name: string): symbol => Symbol.for(`fibril.shared-context.${name}`);

/**
 * Makes a context whose value goes along when a fiber calls a worker: for the id of a request, a language, a tenant. Its
 * name is what it is known by in all threads, so both sides may import the module that makes it. Otherwise as
 * `createContext`: a plain call. The values are copied as arguments are. Throws TypeError for a name that is not a string.
 *
 * ```ts
 * import { sharedContext } from "@fibril/node";
 *
 * export const requestId = sharedContext("request id", "none");
 * requestId.get(); // "none"
 * ```
 */
export function sharedContext<T>(name: string, standard: T): Context<T> {
  checkValue("sharedContext", name, TEXT);
  known.add(name);
  const key = keyOf(name);
  const within = routine(
    name,
    function* (value: unknown, work: Work, args: readonly unknown[]): Routine<any> {
      const before = Fiber.get(key);
      Fiber.set(key, value);
      try {
        return yield* calling(work, ...args);
      } finally {
        Fiber.set(key, before);
      }
    },
  );
  return {
    get() {
      const value = Fiber.get(key);
      return value === undefined ? standard : (value as T);
    },
    with: (value, work, ...args) => within(value, work as unknown as Work, args) as Op<any>,
  };
}

type Work = (...args: readonly unknown[]) => Routine<unknown>;

/** What is set in the running fiber. */
export function contextValues(): [name: string, value: unknown][] | undefined {
  if (known.size === 0) return undefined;
  let values: [string, unknown][] | undefined;
  for (const name of known) {
    const value = Fiber.get(keyOf(name));
    if (value !== undefined) (values ??= []).push([name, value]);
  }
  return values;
}

/** Sets them in the running fiber, also those of contexts that this thread comes to know later. */
export function setContexts(values: readonly (readonly [name: string, value: unknown])[]): void {
  for (const [name, value] of values) Fiber.set(keyOf(name), value);
}
