/** Resources: values that have to be released. */
import {
  call,
  callOp,
  checkOptions,
  FLAG,
  hereScope,
  type Op,
  openScope,
  perform,
  releasingFrame,
  type RoutineFunction,
  type Rules,
  type ScopeCore,
  type ScopeEnding,
} from "./core/index.js";

/** Options of `resource`. */
export interface ResourceOptions {
  /**
   * Lets requests to end, and kills, reach `acquire`: for an `acquire` that itself gives back what it has
   * half acquired. False by default.
   */
  readonly cancellable?: boolean | undefined;
}

const RULES: Rules<ResourceOptions> = { cancellable: FLAG };
const RESOURCE = { name: "resource" };

type Acquire = RoutineFunction<[], unknown, any, any>;
type Release = RoutineFunction<[unknown, ScopeEnding], unknown, any, any>;

/**
 * Acquires a value, and registers its release for the end of the running fiber's innermost scope. There is
 * no moment at which the value is acquired and its release is not registered.
 *
 * No request to end reaches `acquire`, unless it is `cancellable`; give it a time limit of its own if it may
 * take long. Only the end of a grace reaches it: then it has to give back what it has itself, in a `finally`.
 * `release` is passed how the scope's work ended; it may wait, and no request reaches it either.
 * What `acquire` spawns or defers belongs to the resource: when the resource is released, such children are
 * cancelled and waited for, then `release` runs, then the deferred work. If such a child fails, it fails
 * the scope.
 *
 * Suspends when `acquire` does. Throws what `acquire` throws, and Cancelled when the fiber had been asked to
 * end before. What `release` throws comes out of the scope.
 *
 * ```ts
 * const lock = yield* resource(
 *   function* () {
 *     return { held: true };
 *   },
 *   function* (it, { ending }) {
 *     it.held = false;
 *     ending; // "returned", "failed", "cancelled" or "killed"
 *   },
 * );
 * lock.held; // true
 * ```
 */
export function resource<T>(
  acquire: RoutineFunction<[], T, any, any>,
  release: RoutineFunction<[value: T, ending: ScopeEnding], unknown, any, any>,
  options: ResourceOptions = {},
): Op<T> {
  if (typeof acquire !== "function" || typeof release !== "function") {
    throw new TypeError("resource takes two generator functions: to acquire and to release");
  }
  checkOptions("resource", options, RULES);
  const kind = options.cancellable === true ? "scope" : "shield";
  return openScope(RESOURCE, kind, (scope) => acquiring(scope, acquire, release as Release), null);
}

function acquiring(scope: ScopeCore, acquire: Acquire, release: Release): () => unknown {
  scope.keep = (_scope, value) => acquired(scope, value, release);
  return () => perform(call(acquire));
}

/**
 * Registers the release with the scope around the resource's own. The resource's own scope stays open if it
 * has children or deferred work. Answers whether the resource can be used.
 */
function acquired(scope: ScopeCore, value: unknown, release: Release): boolean {
  if (scope.errors !== null) {
    // Something that `acquire` spawned has failed already, so the scope ends with that failure.
    defer(scope, (ending) => perform(call(release, value, ending)));
    return false;
  }
  if (scope.empty) {
    scope.leave();
    defer(around(), (ending) => perform(call(release, value, ending)));
    return true;
  }
  scope.takeOff();
  const holder = around();
  scope.hold(holder);
  defer(holder, (ending) => {
    const work = scope.deferred ?? [];
    scope.deferred = work.map((each) => () => each(ending));
    scope.deferred.push(() => perform(call(release, value, ending)));
    return perform(callOp(releasingFrame(scope), 0, RESOURCE));
  });
  return true;
}

function around(): ScopeCore {
  return hereScope() as ScopeCore;
}

function defer(scope: ScopeCore, work: (ending: ScopeEnding) => unknown): void {
  (scope.deferred ??= []).push(work);
}
