/** A call of a routine in a worker, as its caller sees it. */
import type { TransferListItem } from "node:worker_threads";
import {
  Cancelled,
  Channel,
  currentDeadline,
  now,
  type Receiver,
  type Routine,
  type Sender,
  shield,
  sleep,
  suspend,
  type Waitable,
} from "fibril";
import { halfOf } from "fibril/extend";
import { contextValues } from "./shared-context.js";
import { broken, type SentError, unpack } from "./errors.js";
import { Inflow } from "./flow.js";
import type { Line } from "./line.js";
import type { How } from "./protocol.js";
import { listOf } from "./transfer.js";
import { clones, culprit } from "./uncloneable.js";

/** Whoever runs calls. */
export interface Runs {
  /** Has the call run as soon as a worker is free. */
  submit(call: Call): void;
}

/** Where a call is under way. */
export interface Runner {
  /** Asks the call's fiber to end. */
  cancel(call: Call, reason: unknown): void;
}

/** How a call has ended. */
interface Outcome {
  readonly how: How;
  readonly value: unknown;
}

/** A limit of the caller's that has been moved by more than this, in milliseconds, is not about to pass. */
const SLACK = 1_000;

export class Call {
  readonly module: string;
  readonly name: string;
  readonly args: readonly unknown[];
  /** The caller's deadline, as of `performance.now()`. */
  readonly deadline: number | undefined;
  readonly contexts: ReturnType<typeof contextValues>;
  /** Some of its arguments are halves of channels. */
  readonly crosses: boolean;
  /** The line in which it waits; null when it is under way, or over. */
  line: Line | null;
  runner: Runner | null;
  /** The channels whose messages come from the worker. */
  readonly inflows: Inflow[];
  #calledOff: boolean;
  /** What it fails with, however it ends in the worker. */
  #fault: unknown;
  #outcome: Outcome | null;
  #wake: (outcome: Outcome) => void;

  constructor(module: string, name: string, args: readonly unknown[]) {
    this.module = module;
    this.name = name;
    this.args = args;
    const at = currentDeadline();
    this.deadline = at === Number.POSITIVE_INFINITY ? undefined : performance.now() + at - now();
    this.contexts = contextValues();
    this.crosses = args.some(isHalf);
    this.line = null;
    this.runner = null;
    this.inflows = [];
    this.#calledOff = false;
    this.#fault = undefined;
    this.#outcome = null;
    this.#wake = () => {};
  }

  /** What its caller waits for. */
  get what(): string {
    return `"${this.name}" in a worker`;
  }

  /** What moves to the worker with the arguments. */
  get list(): TransferListItem[] | undefined {
    let all: TransferListItem[] | undefined;
    for (const arg of this.args) {
      const list = listOf(arg);
      if (list !== undefined) (all ??= []).push(...list);
    }
    return all;
  }

  perform(runs: Runs): Routine<unknown> {
    return this.crosses ? this.#closes(runs) : this.#performs(runs);
  }

  /** However it ends, and wherever it has come to, its halves of channels are closed. */
  *#closes(runs: Runs): Routine<unknown> {
    let error: unknown = new Error(`${this.what} was killed`);
    try {
      const value = yield* this.#performs(runs);
      error = undefined;
      return value;
    } catch (thrown) {
      error = thrown;
      throw thrown;
    } finally {
      for (const half of this.args) {
        if (halfOf(half) !== undefined) (half as Sender<unknown> | Receiver<unknown>).close(error);
      }
    }
  }

  *#performs(runs: Runs): Routine<unknown> {
    let outcome: Outcome;
    let waiting = true;
    try {
      outcome = yield* suspend<Outcome>(this.what, (wake) => {
        this.#wake = wake;
        runs.submit(this);
      });
      waiting = false;
    } catch (error) {
      waiting = false;
      outcome = yield* this.#endOf(error);
    } finally {
      // Its fiber was killed.
      if (waiting) this.#callOff(undefined);
    }
    const { how, value } = outcome;
    if (how === "returned") {
      if (this.crosses) yield* this.#drain(undefined);
      return value;
    }
    if (this.crosses) yield* this.#drain(value);
    if (how === "deadline") yield* this.#passes();
    if (this.#calledOff) throw value;
    // Thrown by a wait, so that the error's stack goes on with the caller's routines.
    return yield* suspend<never>((_wake, fail) => fail(value));
  }

  /** Its caller was asked to end: so is it, and its end is waited for. */
  *#endOf(error: unknown): Routine<Outcome> {
    if (!this.#callOff(error instanceof Cancelled ? error.reason : error)) throw error;
    const outcome = yield* shield(() => this.#end());
    if (outcome.how === "returned" || outcome.how === "failed") return outcome;
    if (this.crosses) yield* this.#drain(error);
    throw error;
  }

  /** Answers whether it is under way, so that its end is to be waited for. */
  #callOff(reason: unknown): boolean {
    this.#calledOff = true;
    this.line?.drop(this);
    this.runner?.cancel(this, reason);
    return this.runner !== null || this.#outcome !== null;
  }

  #end(): Waitable<Outcome> {
    return suspend(`the end of ${this.what}`, (wake) => {
      this.#wake = wake;
      if (this.#outcome !== null) wake(this.#outcome);
    });
  }

  /** The worker has seen the deadline pass a little sooner than the caller, which is about to be told. */
  *#passes(): Routine<never> {
    if (currentDeadline() - now() < SLACK) yield* sleep(Number.POSITIVE_INFINITY);
    throw broken(`${this.what} ran out of time, and the limit was moved too late`, "timeout");
  }

  /** Waits until what came through its channels has been sent on. */
  *#drain(error: unknown): Routine<void> {
    let interrupted: { readonly by: unknown } | undefined;
    for (const inflow of this.inflows) {
      try {
        yield* inflow.drain(error);
      } catch (by) {
        interrupted ??= { by };
      }
    }
    if (interrupted !== undefined) throw interrupted.by;
  }

  /** It has ended in the worker. */
  ended(how: How, value: unknown): void {
    if (this.#fault !== undefined) this.fails(this.#fault);
    else if (how === "failed") this.fails(unpack(value as SentError));
    else if (how !== "cancelled" || this.#calledOff) this.#settle({ how, value });
    else {
      const text = `${this.what} was cancelled there, and not by its caller: ${String(value)}`;
      this.fails(broken(text, "cancelled"));
    }
  }

  /** Ends it with an error, or as cancelled if its caller does not want it any more. */
  breaks(error: unknown): void {
    if (this.#calledOff) this.#settle({ how: "cancelled", value: error });
    else this.fails(this.#fault ?? error);
  }

  fails(error: unknown): void {
    this.#settle({ how: "failed", value: error });
  }

  /** It is of no more use: it is cancelled, and fails with this. */
  spoil(error: unknown): void {
    this.#fault ??= error;
    this.runner?.cancel(this, error);
  }

  #settle(outcome: Outcome): void {
    this.runner = null;
    if (this.#outcome !== null) return;
    this.#outcome = outcome;
    this.#wake(outcome);
  }

  /** Why it cannot be sent: the argument that is at fault, and what is the matter with it. */
  refusal(cause: unknown): TypeError {
    const at = this.args.findIndex((arg) => !clones(arg, listOf(arg) ?? []));
    const arg = this.args[at];
    const why =
      at === -1
        ? `: ${(cause as Error).message}`
        : ` with argument ${at + 1}: ${culprit(arg, listOf(arg))}`;
    return new TypeError(`"${this.name}" cannot be called in a worker${why}`, { cause });
  }
}

/** Throws for a whole channel, of which nobody can tell which way its messages are to go. */
function isHalf(value: unknown): boolean {
  if (value instanceof Channel) {
    const text = `${value.toString()} does not cross as a whole: give its receiver() or its sender()`;
    throw new TypeError(text);
  }
  return halfOf(value) !== undefined;
}
