/**
 * The halves of a channel: for programs in which several fibers send, or receive, and each fiber knows only when its own
 * part is done. The channel ends for one side when the last half of the other side has been closed. The idea is
 * trio's and Rust's. In Rust, a half that is dropped closes itself; here, its owner closes it (`using`, `defer`).
 */
import {
  attempt,
  type AttemptKind,
  checkValue,
  type Disposes,
  done,
  failed,
  MISSED,
  type Op,
  type Place,
  type Task,
  wholeFrom,
} from "../core/index.js";
import type { Channel } from "./channel.js";
import { drainOp, type EachBody, eachOp, takeAll } from "./each.js";
import { halfError, receiveError } from "./ending.js";
import { type Receivers, type Senders, THROWS } from "./lines.js";
import { Messages } from "./messages.js";

const COUNT = wholeFrom(1);

/** Waits in the line of the channel, and knows which wait came through it. */
class HalfLine implements AttemptKind {
  readonly half: string;
  readonly channel: Channel<any>;
  readonly line: Receivers<any> | Senders<any>;
  closed: boolean;

  constructor(half: string, channel: Channel<any>, line: Receivers<any> | Senders<any>) {
    this.half = half;
    this.channel = channel;
    this.line = line;
    this.closed = false;
  }

  get name(): string {
    return this.line.name;
  }

  get settled(): boolean {
    return this.closed || this.line.settled;
  }

  attempt(argument: unknown): unknown {
    return this.closed ? MISSED : this.line.attempt(argument);
  }

  begin(task: Task, argument: unknown): Place<any> | null {
    const result = this.attempt(argument);
    return result === MISSED ? this.enter(task, argument) : done(result);
  }

  enter(task: Task, argument: unknown): Place<any> | null {
    if (this.closed) return failed(this.error());
    const place: Place<any> | null = this.line.enter(task, argument);
    if (place !== null) place.by = this;
    return place;
  }

  /** Answers false when it was closed before. */
  close(): boolean {
    if (this.closed) return false;
    this.closed = true;
    this.line.failBy(this, () => this.error());
    return true;
  }

  error(): Error {
    return halfError(this.half, this.channel.toString());
  }
}

/** A sending half of a channel: see {@link Channel.sender}. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- what is merged is implemented
export class Sender<T> {
  readonly #channel: Channel<T>;
  readonly #line: HalfLine;

  /** @internal */
  constructor(channel: Channel<T>) {
    if (channel._end !== null) throw channel._sendError();
    this.#channel = channel;
    this.#line = new HalfLine("sender", channel, channel._senders);
    channel._openSenders++;
  }

  /** As `send` of the channel: suspends while it is full. Throws besides FiberError of code `closed` when this half was closed. */
  send(value: T): Op<void> {
    return attempt(this.#line, value);
  }

  /** As `trySend` of the channel. Throws what `send` throws. */
  trySend(value: T): boolean {
    if (this.#line.closed) throw this.#line.error();
    return this.#channel.trySend(value);
  }

  /** @internal */
  _restore(messages: readonly T[]): void {
    this.#channel._restore(messages, false);
  }

  /** One more half. Throws FiberError of code `closed` when this one, or the channel, was closed. */
  clone(): Sender<T> {
    if (this.#line.closed) throw this.#line.error();
    return new Sender(this.#channel);
  }

  /**
   * Closes this half; a fiber that waits to send through it gets an error. The last half closes the channel. With an
   * error, the channel is closed at once, because receivers would miss something. A plain call; a second one does
   * nothing.
   */
  close(error?: unknown): void {
    if (!this.#line.close()) return;
    const left = --this.#channel._openSenders;
    if (left === 0 || error !== undefined) this.#channel._finish({ broken: false, error });
  }

  /** Whether this half was closed. */
  get closed(): boolean {
    return this.#line.closed;
  }

  /** @internal Declared below, for programs that know the symbol. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Closes it: for `using`. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging, no-unused-vars -- by the class, above
export interface Sender<T> extends Disposes {}

/** A receiving half of a channel: see {@link Channel.receiver}. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- what is merged is implemented
export class Receiver<T> {
  readonly #channel: Channel<T>;
  readonly #line: HalfLine;

  /** @internal */
  constructor(channel: Channel<T>) {
    const end = channel._end;
    if (end !== null && (end.broken || channel.stats().buffered === 0)) {
      throw receiveError(channel.toString(), end);
    }
    this.#channel = channel;
    this.#line = new HalfLine("receiver", channel, channel._receivers);
    channel._openReceivers++;
  }

  /** As `receive` of the channel: suspends while it is empty. Throws besides FiberError of code `closed` when this half was closed. */
  receive(): Op<T> {
    return attempt(this.#line, THROWS);
  }

  /** As `tryReceive` of the channel. Throws what `receive` throws. */
  tryReceive(): T | undefined;
  tryReceive<None>(none: None): T | None;
  tryReceive(none?: unknown): unknown {
    if (this.#line.closed) throw this.#line.error();
    return this.#channel.tryReceive(none);
  }

  /** As `next` of the channel: suspends while it is empty. Throws besides FiberError of code `closed` when this half was closed. */
  next(): Op<T | undefined>;
  next<None>(none: None): Op<T | None>;
  next(none?: unknown): Op<unknown> {
    return attempt(this.#line, none);
  }

  /** As `each` of the channel: suspends while it is empty. Throws besides FiberError of code `closed` when this half was closed. */
  each(body: EachBody<T>): Op<void> {
    return eachOp(this.#line, body);
  }

  /** As `drain` of the channel: suspends while it is empty. Throws besides FiberError of code `closed` when this half was closed. */
  drain(most: number = Number.POSITIVE_INFINITY): Op<T[]> {
    if (most !== Number.POSITIVE_INFINITY) checkValue("drain", most, COUNT);
    return drainOp(this.#line, most);
  }

  /** As `tryDrain` of the channel. Throws besides FiberError of code `closed` when this half was closed. */
  tryDrain(most: number = Number.POSITIVE_INFINITY): T[] {
    if (most !== Number.POSITIVE_INFINITY) checkValue("tryDrain", most, COUNT);
    if (this.#line.closed) throw this.#line.error();
    return takeAll(this.#line, most, []) as T[];
  }

  /** As of the channel: for plain code. Leaving the loop does not close this half. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return new Messages(this.#line);
  }

  /** @internal */
  _restore(messages: readonly T[]): void {
    this.#channel._restore(messages, true);
  }

  /** One more half. Throws FiberError of code `closed` when this one was closed, and as `receiver` does. */
  clone(): Receiver<T> {
    if (this.#line.closed) throw this.#line.error();
    return new Receiver(this.#channel);
  }

  /**
   * Closes this half; a fiber that waits to receive through it gets an error. The last half breaks the channel. A
   * plain call; a second one does nothing.
   */
  close(): void {
    if (!this.#line.close()) return;
    if (--this.#channel._openReceivers === 0) {
      this.#channel._finish({ broken: true, error: undefined });
    }
  }

  /** Whether this half was closed. */
  get closed(): boolean {
    return this.#line.closed;
  }

  /** @internal Declared below, for programs that know the symbol. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Closes it: for `using`. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging, no-unused-vars -- by the class, above
export interface Receiver<T> extends Disposes {}
