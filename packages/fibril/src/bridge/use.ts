/** What knows how to dispose of itself, for the rest of a scope. */
import { hasMethod, type Routine, shown } from "../core/index.js";
import { defer } from "../defer.js";
import { until } from "../until.js";

/** What `use` takes: something with `Symbol.asyncDispose` or `Symbol.dispose`, where the program knows them. */
export type Disposes =
  | DisposesBy<"asyncDispose", PromiseLike<unknown>>
  | DisposesBy<"dispose", unknown>;

type DisposesBy<Symbol extends string, Answer> = SymbolConstructor extends {
  readonly [Name in Symbol]: infer Key extends symbol;
}
  ? { readonly [Name in Key]: () => Answer }
  : object;

/**
 * Has something disposed of when the innermost scope of the running fiber ends, and gives it back: `await using`
 * for routines, in which that cannot be written. (`using` can be, and is done at the end of its block.)
 *
 * A plain call. `Symbol.asyncDispose` comes first and is awaited, where no cancelling reaches; otherwise
 * `Symbol.dispose` is called. What it throws comes out of the scope. Throws TypeError for what has neither,
 * FiberError where no scheduler is.
 *
 * ```ts
 * const log: string[] = [];
 * yield* scope(function* () {
 *   use({ [Symbol.dispose]: () => void log.push("disposed of") });
 *   log.push("used");
 * });
 * log.join(); // "used,disposed of"
 * ```
 */
export function use<T extends Disposes>(value: T): T {
  const known = value as Record<symbol, () => unknown>;
  if (hasMethod(value, Symbol.asyncDispose)) defer(dispose, known, Symbol.asyncDispose);
  else if (hasMethod(value, Symbol.dispose)) defer(dispose, known, Symbol.dispose);
  else {
    throw new TypeError(
      `use takes what has Symbol.asyncDispose or Symbol.dispose, not ${shown(value)}`,
    );
  }
  return value;
}

function* dispose(value: Record<symbol, () => unknown>, key: symbol): Routine<void> {
  const answer = value[key]?.();
  if (hasMethod(answer, "then")) yield* until("its disposal", answer as PromiseLike<unknown>);
}
