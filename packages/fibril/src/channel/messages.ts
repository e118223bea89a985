/** A channel for plain code: `for await`. */
import {
  type AttemptKind,
  callUserCode,
  DELIVER,
  MISSED,
  StandIn,
  takeOutcome,
  type WaitEnd,
} from "../core/index.js";
import { AT_END } from "./each.js";

/** One call of `next` that waits. */
class Asking<T> extends StandIn {
  private readonly messages: Messages<T>;
  private readonly resolve: (result: IteratorResult<T, undefined>) => void;
  private readonly reject: (error: unknown) => void;

  constructor(
    messages: Messages<T>,
    resolve: (result: IteratorResult<T, undefined>) => void,
    reject: (error: unknown) => void,
  ) {
    super(null);
    this.messages = messages;
    this.resolve = resolve;
    this.reject = reject;
  }

  over(how: WaitEnd, value: unknown): void {
    this.messages.waiting.delete(this);
    if (how !== DELIVER) this.reject(value);
    else this.resolve(value === AT_END ? OVER : { done: false, value: value as T });
  }

  /** The loop was left: its message is another's. */
  leave(): void {
    this.callOff(undefined);
    this.resolve(OVER);
  }
}

const OVER: IteratorReturnResult<undefined> = { done: true, value: undefined };

export class Messages<T> implements AsyncIterableIterator<T, undefined, void> {
  /** Calls that wait, the oldest first. */
  readonly waiting: Set<Asking<T>>;
  private readonly line: AttemptKind;
  private left: boolean;

  constructor(line: AttemptKind) {
    this.waiting = new Set();
    this.line = line;
    this.left = false;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.left) return Promise.resolve(OVER);
    const message = this.line.attempt(undefined);
    if (message !== MISSED) return Promise.resolve({ done: false, value: message as T });
    return new Promise((resolve, reject) => {
      const asking = new Asking(this, resolve, reject);
      if (this.line.settled) {
        // Aside, because an op may be in hand.
        const { how, value } = callUserCode(() => {
          this.line.enter(asking as never, AT_END);
          return takeOutcome();
        });
        asking.over(how, value);
      } else {
        asking.stands(this.line.enter(asking as never, AT_END));
        this.waiting.add(asking);
      }
    });
  }

  /** The loop is left early: nothing waits for it any more. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.left = true;
    for (const asking of this.waiting) asking.leave();
    this.waiting.clear();
    return Promise.resolve(OVER);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
