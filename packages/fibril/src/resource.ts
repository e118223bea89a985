/** Things that have to be given back. */
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

export interface ResourceOptions {
  /**
   * Lets requests to end, and kills, reach `acquire`: for one that gives back by itself what it has half
   * acquired. False by default.
   */
  readonly cancellable?: boolean | undefined;
}

const RULES: Rules<ResourceOptions> = { cancellable: FLAG };
const RESOURCE = { name: "resource" };

type Acquire = RoutineFunction<[], unknown, any, any>;
type Release = RoutineFunction<[unknown, ScopeEnding], unknown, any, any>;

/**
 * Acquires something, and has it released when the innermost scope of the running fiber ends: there
 * is no moment at which it is acquired and not yet to be released.
 *
 * No request to end reaches `acquire`, unless it is `cancellable`; bound it by a time limit of its own.
 * `release` is told how the scope's work ended; it may wait, and no request reaches it either. What
 * `acquire` spawns or defers belongs to the resource: such children are asked to end when it is released,
 * and awaited; then `release` runs, then what was deferred. A child of it that fails fails the scope.
 *
 * Suspends as `acquire` does. Throws what it throws, and Cancelled when the fiber had been asked to end
 * before; what `release` throws comes out of the scope.
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

/** Has it released at the end of the scope around its own, which stays open if anything is in it. */
function acquired(scope: ScopeCore, value: unknown, release: Release): boolean {
  if (scope.errors !== null) {
    // It has no chance to be used: its scope ends with the failure.
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
