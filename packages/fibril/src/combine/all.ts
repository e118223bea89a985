import { hasMethod, type Op, routine, type Routine, spawn, type Spawned } from "../core/index.js";
import { NOTHING } from "./immediate.js";
import { scope } from "../scope.js";
import { checkWorks, type Keepable, type ResultsOf, startWork, type Work } from "./work.js";

/**
 * Does all of a list at once, and results in the list of their results; of an object, in an object.
 *
 * The first failure cancels the others, which are waited for; then it is thrown: one error as it is,
 * several as an AggregateError. Suspends until all have ended. Throws Cancelled, and FiberError
 * (`cancelled`, `killed`) when somebody else has ended one of them.
 *
 * ```ts
 * const [name, size] = yield* all([
 *   function* () {
 *     yield* sleep(2);
 *     return "readme";
 *   },
 *   function* () {
 *     return 12;
 *   },
 * ]);
 * const page = yield* all({ name: () => until(Promise.resolve("ada")) });
 * page.name; // "ada"
 * ```
 */
export function all<const Works extends readonly Work[]>(
  works: Works & Keepable<Works>,
): Op<ResultsOf<Works>>;
export function all<const Works extends Readonly<Record<string, Work>>>(
  works: Works & Keepable<Works>,
): Op<ResultsOf<Works>>;
export function all(works: object): Op<any> {
  if (Array.isArray(works)) {
    checkWorks("all", works);
    return allRoutine(works as Work[]);
  }
  if (typeof works !== "object" || works === null) {
    throw new TypeError("all takes a list or an object of routines");
  }
  // As an object, it would have no routines, and nothing would be done.
  const isPromise = hasMethod(works, "then") && !Object.hasOwn(works, "then");
  if (isPromise || hasMethod(works, Symbol.iterator)) {
    throw new TypeError(
      `all takes a list or an object of routines, not ${isPromise ? "a promise" : "an iterable: [...iterable]"}`,
    );
  }
  const entries = Object.values(works) as Work[];
  checkWorks("all", entries);
  return namedRoutine(Object.keys(works), entries);
}

const allRoutine = routine("all", function* (works: readonly Work[]): Routine<unknown[], never> {
  let children: Spawned<unknown>[] = [];
  yield* scope(() => {
    children = works.map((work, index) => startWork(spawn, work, index));
    return NOTHING;
  });
  const results: unknown[] = [];
  for (const child of children) {
    const { outcome } = child;
    // Another one's request is no failure of the scope; but there is no result.
    results.push(outcome?.ending === "returned" ? outcome.value : yield* child);
  }
  return results;
});

const namedRoutine = routine(
  "all",
  function* (names: readonly string[], works: readonly Work[]): Routine<unknown, never> {
    const results = yield* allRoutine(works);
    return Object.fromEntries(names.map((name, index) => [name, results[index]]));
  },
);
