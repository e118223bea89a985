/**
 * What has failed in a scope, each error once, however many ways it came.
 *
 * A child's error reaches the scope by the child's end, and once more by whoever joined the child;
 * it may be in the AggregateError of a scope within, and in that of another. Nesting is kept where it
 * says something; what has been said already is left out.
 */

/** The AggregateErrors of scopes; another one is an error like any other. */
const OURS = new WeakSet<object>();

export function addFailure(failures: unknown[], error: unknown): void {
  const told = failures.flatMap((failure) => [...leaves(failure)]);
  for (const left of without(error, told)) failures.push(left);
}

/** What comes out of the scope: one error as it is, several as an AggregateError. */
export function together(failures: readonly unknown[]): unknown {
  if (failures.length === 1) return failures[0];
  const error = new AggregateError(failures, `${failures.length} errors in one scope`);
  OURS.add(error);
  return error;
}

function isOurs(error: unknown): error is AggregateError {
  return error instanceof AggregateError && OURS.has(error);
}

function* leaves(error: unknown): Iterable<unknown> {
  if (isOurs(error)) for (const each of error.errors) yield* leaves(each);
  else yield error;
}

/** What of an error nobody has been told of before, as a list of none or one; from now on they have. */
export function untold(error: unknown, told: WeakSet<object>): unknown[] {
  return leftOf(error, (each) => {
    if (typeof each !== "object" || each === null) return true;
    if (told.has(each)) return false;
    told.add(each);
    return true;
  });
}

function without(error: unknown, told: readonly unknown[]): unknown[] {
  return leftOf(error, (each) => !told.includes(each));
}

/** The error, or what is left of it, as a list of none or one. */
function leftOf(error: unknown, keeps: (each: unknown) => boolean): unknown[] {
  if (!isOurs(error)) return keeps(error) ? [error] : [];
  const left = error.errors.flatMap((each) => leftOf(each, keeps));
  const same =
    left.length === error.errors.length && left.every((each, i) => each === error.errors[i]);
  return same ? [error] : left.length === 0 ? [] : [together(left)];
}
