/** A routine for those who want an async iterable: what it yields comes out of `for await`. */
import {
  CALLBACK,
  Cancelled,
  checkValue,
  type Op,
  type Routine,
  type RoutineFunction,
  suspend,
  type Suspension,
  type Wake,
  type YieldsOf,
} from "../core/index.js";
import type { HostAbortSignal } from "../abort.js";
import { Fiber } from "../fiber.js";
import { checkRunOptions, RUN_RULES } from "../options.js";
import { type Run, run, type RunOptions } from "../run.js";
import { shield } from "../scope.js";
import { checkpoint } from "../sleep.js";
import { dress, splitSignal, type ToAsyncOptions } from "./to-async.js";

type Coroutine = Fiber<any, any, any, any>;

/** One call of `next`, `throw` or `return`. */
interface Call {
  readonly how: "next" | "throw" | "return";
  readonly value: unknown;
  readonly resolve: (result: IteratorResult<any, any>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The routine is a coroutine, and a task of its own drives it: it waits for the next call, resumes the
 * coroutine, which may wait meanwhile, and answers the call with what was yielded.
 */
class Driven implements AsyncGenerator<any, any, any> {
  private readonly options: RunOptions;
  private readonly routine: RoutineFunction<any[], any, any, any>;
  private args: readonly unknown[];
  private readonly calls: Call[];
  private current: Call | null;
  private running: Run<void> | null;
  private wake: Wake<void> | null;
  private over: boolean;
  /** The error that ended it while nobody had called. */
  private untold: { readonly error: unknown } | null;

  constructor(
    options: RunOptions,
    routine: RoutineFunction<any[], any, any, any>,
    args: readonly unknown[],
  ) {
    this.options = options;
    this.routine = routine;
    this.args = args;
    this.calls = [];
    this.current = null;
    this.running = null;
    this.wake = null;
    this.over = false;
    this.untold = null;
  }

  next(value?: unknown): Promise<IteratorResult<any, any>> {
    return this.call("next", value);
  }

  throw(error: unknown): Promise<IteratorResult<any, any>> {
    return this.call("throw", error);
  }

  /** Unlike an async generator's it does not wait in line: a wait that is under way is called off. */
  return(value?: unknown): Promise<IteratorResult<any, any>> {
    const answer = this.call("return", value);
    void this.running?.cancel("its async generator was left");
    return answer;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  private async call(how: Call["how"], value: unknown): Promise<IteratorResult<any, any>> {
    if (this.running === null && how !== "next") this.over = true;
    if (this.over) {
      const { untold } = this;
      this.untold = null;
      if (untold !== null && how !== "return") throw untold.error;
      if (how === "throw") throw value;
      return { done: true, value: how === "return" ? await value : undefined };
    }
    const answer = new Promise<IteratorResult<any, any>>((resolve, reject) => {
      this.calls.push({ how, value, resolve, reject });
    });
    if (this.running === null) {
      this.running = run(this.options, () => this.drive());
      // Each error is the answer to a call.
      this.running.then(
        () => this.end(undefined),
        (error: unknown) => this.end(error),
      );
    } else this.wake?.();
    return answer;
  }

  private *drive(): Routine<void> {
    const coroutine: Coroutine = new Fiber(this.routine, {
      name: this.options.name ?? this.routine.name,
    });
    try {
      while (coroutine.alive) {
        while (this.calls.length === 0) yield* this.nextCall();
        checkpoint(); // to return is to be cancelled
        const call = this.calls.shift() as Call;
        this.current = call;
        const value = yield* this.perform(call, coroutine);
        this.current = null;
        call.resolve({ done: !coroutine.alive, value });
      }
    } catch (error) {
      // Raised, and not killed, because the `finally` of what was killed cannot wait.
      if (coroutine.status === "suspended") {
        yield* shield(() => Fiber.raise(coroutine, error as Error));
      }
      throw error;
    } finally {
      if (coroutine.alive) coroutine.kill();
    }
  }

  private nextCall(): Op<void> {
    return suspend<void>("the next call of its async generator", (wake) => {
      this.wake = wake;
    });
  }

  private perform({ how, value }: Call, coroutine: Coroutine): Op<unknown> {
    if (coroutine.status === "created") {
      const { args } = this;
      this.args = [];
      return Fiber.resume(coroutine, ...args);
    }
    return how === "next" ? Fiber.resume(coroutine, value) : Fiber.raise(coroutine, value as Error);
  }

  /** The task has ended: with an error that belongs to the call under way, or cancelled. */
  private end(error: unknown): void {
    this.over = true;
    const { current } = this;
    this.current = null;
    const left = this.calls.some(({ how }) => how === "return") && isCancellation(error);
    let untold = error !== undefined && !left;
    const calls = this.calls.splice(0);
    for (const { how, value, resolve, reject } of current === null ? calls : [current, ...calls]) {
      if (untold) reject(error);
      else if (how === "throw") reject(value);
      else resolve({ done: true, value: how === "return" ? value : undefined });
      untold = false;
    }
    if (untold && !isCancellation(error)) this.untold = { error };
  }
}

function isCancellation(error: unknown): boolean {
  return Cancelled.is(error) || (error as { code?: unknown } | null)?.code === "cancelled";
}

/**
 * Makes an async generator function of a coroutine: each `Fiber.yield` is an item, and between them it may
 * wait as any fiber. Nothing runs before the first item is asked for.
 *
 * Leaving a `for await` early cancels it: Cancelled is thrown at its `Fiber.yield`, or at the wait that is under
 * way, and its clean-up is awaited. So does an AbortSignal as the last argument, whose reason the next call then
 * throws. `next(value)` and `throw(error)` arrive at the `Fiber.yield`. It cannot yield out of a scope that it
 * has opened itself.
 *
 * ```ts
 * const countdown = toAsyncGenerator(function* (from: number) {
 *   for (let n = from; n > 0; n--) {
 *     yield* sleep(1);
 *     yield* Fiber.yield(n);
 *   }
 * });
 * const seen: number[] = [];
 * for await (const n of countdown(3)) seen.push(n);
 * seen.join(); // "3,2,1"
 * ```
 */
export function toAsyncGenerator<
  Args extends readonly unknown[],
  Suspensions extends Suspension<unknown, never>,
  Result,
  Receives = unknown,
>(
  routine: (...args: Args) => {
    [Symbol.iterator](): Iterator<Suspensions & Suspension<unknown, Receives>, Result, any>;
  },
  options: ToAsyncOptions = {},
): (
  ...args: [...given: Args, signal?: HostAbortSignal]
) => AsyncGenerator<YieldsOf<Suspensions>, Result, Receives> {
  checkValue("toAsyncGenerator", routine, CALLBACK);
  checkRunOptions("toAsyncGenerator", options, RUN_RULES);
  const start = (...given: unknown[]): Driven => {
    const { args, signal } = splitSignal(given);
    return new Driven({ ...options, signal }, routine as never, args);
  };
  return dress(start, routine, options.name) as never;
}
