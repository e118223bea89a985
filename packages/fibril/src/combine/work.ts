/** What the combinators take: routines, generators and fibers. */
import {
  currentScope,
  currentTask,
  FiberError,
  labelOf,
  type NoYields,
  type Op,
  type RoutineFunction,
  type Spawn,
  type Spawned,
  type Waitable,
  type YieldsOf,
  calling,
} from "../core/index.js";
import { Fiber } from "../fiber.js";

/**
 * Something to be done: a routine without parameters, a generator that has not begun, or a fiber.
 *
 * What is no fiber runs in a child of its own. A fiber is only waited for: it belongs to the scope that it
 * was spawned in, and is not cancelled here. An op is none, because ops are shared and cannot be kept:
 * `() => sleep(1)`.
 */
export type Work<Result = unknown> =
  | RoutineFunction<[], Result, any, any>
  | Waitable<Result, any, any>;

/** What a piece of work results in. */
export type ResultOf<W> =
  W extends RoutineFunction<[], infer Result, any, any>
    ? Result
    : W extends Waitable<infer Result, any, any>
      ? Result
      : never;

/** The results of a list, each in its place. */
export type ResultsOf<Works> = { -readonly [Key in keyof Works]: ResultOf<Works[Key]> };

/** The same works, of which none is an op, and none yields values to a resumer: a task has none. */
export type Keepable<Works> = {
  readonly [Key in keyof Works]: Works[Key] extends Op<any, any, any>
    ? { readonly "an op cannot be kept: write () => op": never }
    : Works[Key] & NoYields<YieldsIn<Works[Key]>>;
};

/**
 * The suspensions are inferred whole: of a routine that never suspends they are never, from which the compiler
 * would infer what each yields as unknown.
 */
type YieldsIn<W> = W extends (...args: any) => infer Made
  ? YieldsIn<Made>
  : W extends { [Symbol.iterator](): Iterator<infer Suspensions, any, any> }
    ? 0 extends 1 & Suspensions
      ? Suspensions
      : YieldsOf<Suspensions>
    : never;

export function isFiber(work: unknown): work is Spawned<unknown> {
  return work instanceof Fiber;
}

const NO_WORK = "takes routines, generators and fibers, not";

/** Throws unless each can be done. `what` names the caller in the error. */
export function checkWorks(what: string, works: readonly unknown[]): void {
  if (!Array.isArray(works)) throw new TypeError(`${what} takes a list of routines`);
  for (const work of works) {
    if (typeof work === "function") continue;
    const iterates = typeof work === "object" && work !== null && Symbol.iterator in work;
    if (!iterates || Array.isArray(work)) throw new TypeError(`${what} ${NO_WORK} ${typeof work}`);
  }
}

/** Does a piece of work in the running fiber. */
export function perform<Result>(work: Work<Result>): Waitable<Result, any, any> {
  return typeof work === "function" ? calling(work) : work;
}

/** For the fiber's name, in dumps and in the stacks of errors. */
export function nameOf(work: unknown, index: number): string {
  if (isFiber(work)) return `wait for ${labelOf(work)}`;
  return (typeof work === "function" && work.name) || `entrant ${index}`;
}

/** Starts one in a child of its own. */
export function startWork(spawn: Spawn, work: Work, index: number): Spawned<unknown> {
  if (typeof work === "function" && work.name !== "") return spawn(work);
  return spawn(nameOf(work, index), () => perform(work));
}

/**
 * Whether the running fiber was asked to end and has been told so at one of its waits. What it throws
 * after that comes out of its clean-up; before, it is how its work happened to end.
 */
export function toldToEnd(): boolean {
  const scope = currentScope();
  return scope !== null && scope.owner === currentTask() && scope.thrown !== null;
}

/** Nobody was left to give a result. */
export function noneLeft(what: string): FiberError {
  return new FiberError("cancelled", `every entrant of ${what} was cancelled by somebody else`);
}
