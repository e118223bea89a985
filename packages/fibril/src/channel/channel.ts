/**
 * Channels: messages from fiber to fiber, in the order of their sending, each to one receiver.
 *
 *     senders that wait ──▶ [ buffer, up to the capacity ] ──▶ receivers that wait
 *
 * Receivers wait only while the buffer is empty, senders only while it is full; so a message that is taken
 * makes room for the first of the senders in the same step. The forms are Go's.
 */
import {
  attempt,
  checkOptions,
  checkValue,
  type FiberError,
  limitFrom,
  MISSED,
  oneOf,
  type Op,
  type Rules,
  TEXT,
  wholeFrom,
} from "../core/index.js";
import { drainOp, type EachBody, eachOp, takeAll } from "./each.js";
import { type End, receiveError, sendError } from "./ending.js";
import { Receiver, Sender } from "./halves.js";
import { Receivers, Senders, THROWS } from "./lines.js";
import { Messages } from "./messages.js";
import { Ring } from "./ring.js";

/** What happens to a message that a full channel has no room for. */
export type Overflow = "wait" | "sliding" | "dropping";

/** Options of `new Channel`. */
export interface ChannelOptions {
  /** For dumps and messages. */
  readonly name?: string | undefined;
  /**
   * When the channel is full: `"wait"`, the default, makes senders wait; `"sliding"` forgets the oldest
   * message, `"dropping"` the new one.
   */
  readonly overflow?: Overflow | undefined;
}

const RULES: Rules<ChannelOptions> = {
  name: TEXT,
  overflow: oneOf("wait", "sliding", "dropping"),
};

const CAPACITY = limitFrom(0);

const COUNT = wholeFrom(1);

/** What a channel is doing, in plain numbers. */
export interface ChannelStatistics {
  /** Messages that were sent and not yet received. */
  readonly buffered: number;
  /** How many messages may be under way. */
  readonly capacity: number;
  /** Fibers that wait to send. */
  readonly sending: number;
  /** Fibers that wait to receive. */
  readonly receiving: number;
  /** Messages that `sliding` or `dropping` has lost. */
  readonly dropped: number;
  /** Sending halves that are open. */
  readonly senders: number;
  /** Receiving halves that are open. */
  readonly receivers: number;
  /** Whether it was closed. */
  readonly closed: boolean;
}

const NO_OPTIONS: ChannelOptions = {};

/** Of all channels that have never kept a message. */
const NO_RING: Ring<unknown> = new Ring();

/**
 * A channel. The capacity is how many messages may be under way: with 0, the default, a message passes from
 * hand to hand (a rendezvous); with Infinity `send` never waits.
 *
 * ```ts
 * const jobs = new Channel<string>(16, { name: "jobs" });
 * spawn(function* () {
 *   yield* jobs.send("wash");
 *   yield* jobs.send("dry");
 *   jobs.close();
 * });
 * const seen: string[] = [];
 * yield* jobs.each((job) => void seen.push(job));
 * seen; // ["wash", "dry"]
 * ```
 */
export class Channel<T> {
  // In the order of the assignments below, the fields that every message needs come first: they share a cache line.
  /** @internal */
  readonly _receivers: Receivers<T>;
  /** @internal */
  readonly _senders: Senders<T>;
  /** @internal How it ended, if it has. */
  _end: End | null;
  /** @internal Created by the first message that has to be kept. */
  _buffer: Ring<T>;
  /** How many messages may be under way; 0 for a rendezvous. */
  readonly capacity: number;
  /** The name in dumps and messages; empty when none was given. */
  readonly name: string;
  /** What happens to a message that there is no room for. */
  readonly overflow: Overflow;
  /** @internal Halves that are open. */
  _openSenders: number;
  /** @internal */
  _openReceivers: number;
  /** A message that has no room waits for it. */
  private readonly waits: boolean;
  private dropped: number;

  /** Throws RangeError for an invalid capacity, TypeError for invalid options. */
  constructor(capacity: number = 0, options: ChannelOptions = NO_OPTIONS) {
    checkValue("Channel", capacity, CAPACITY);
    if (options !== NO_OPTIONS) checkOptions("Channel", options, RULES);
    const { name = "", overflow = "wait" } = options;
    if (overflow !== "wait" && (capacity === 0 || capacity === Number.POSITIVE_INFINITY)) {
      throw new RangeError(`a ${overflow} channel takes a finite capacity from 1, not ${capacity}`);
    }
    this._receivers = new Receivers(this);
    this._senders = new Senders(this);
    this._end = null;
    this._buffer = NO_RING as Ring<T>;
    this.capacity = capacity;
    this.name = name;
    this.overflow = overflow;
    this._openSenders = 0;
    this._openReceivers = 0;
    this.waits = overflow === "wait";
    this.dropped = 0;
  }

  /**
   * A channel that keeps the latest message only: for states, of which the last is what counts. The same
   * as `new Channel(1, { overflow: "sliding" })`.
   */
  static conflated<T>(options: { readonly name?: string | undefined } = NO_OPTIONS): Channel<T> {
    return new Channel(1, { ...options, overflow: "sliding" });
  }

  /**
   * Sends a message. Suspends while the channel is full; with capacity 0, until somebody receives it. The
   * message has been handed over when it returns, and has not when it throws. Throws FiberError of code
   * `closed` when the channel was closed, `broken` when nobody will receive any more, and Cancelled.
   */
  send(value: T): Op<void> {
    return attempt(this._senders, value);
  }

  /**
   * Sends a message if that needs no waiting; answers whether it did. A plain call, for fibers and for
   * callbacks of the host. Throws what `send` throws.
   */
  trySend(value: T): boolean {
    if (this._end !== null) throw this._sendError();
    return this._put(value);
  }

  /**
   * Receives the oldest message. Suspends while there is none. Throws FiberError of code `ended` when the
   * channel was closed and nothing is left in it, the error that it was closed with, and Cancelled: then
   * the message, if there is one, is another receiver's.
   */
  receive(): Op<T> {
    return attempt(this._receivers, THROWS);
  }

  /**
   * Receives the oldest message if there is one, and answers `none` if not. A plain call. Throws what
   * `receive` throws.
   */
  tryReceive(): T | undefined;
  tryReceive<None>(none: None): T | None;
  tryReceive(none?: unknown): unknown {
    const value = this._take();
    if (value !== MISSED) return value;
    if (this._end !== null) throw receiveError(this.toString(), this._end);
    return none;
  }

  /**
   * The same as `receive`, but results in `none` when the channel has ended: for loops. Suspends while there
   * is no message. Throws the error that the channel was closed with, and Cancelled.
   *
   * ```ts
   * const jobs = new Channel<string>(2);
   * jobs.trySend("wash");
   * jobs.close();
   * for (let job = yield* jobs.next(); job !== undefined; job = yield* jobs.next()) {
   *   job; // "wash"
   * }
   * ```
   */
  next(): Op<T | undefined>;
  next<None>(none: None): Op<T | None>;
  next(none?: unknown): Op<unknown> {
    return attempt(this._receivers, none);
  }

  /**
   * Calls `body` with each message until the channel ends. A body that is a routine, or gives an op, is run
   * to its end before the next message is taken.
   *
   * Suspends while there is no message. Throws what `body` throws, the error that the channel was closed
   * with, and Cancelled.
   */
  each(body: EachBody<T>): Op<void> {
    return eachOp(this._receivers, body);
  }

  /**
   * Receives a message and all others that are there, up to `most`: for work that is better done in bulk.
   * Results in none, `[]`, when the channel has ended. Suspends while there is no message. Throws the error that
   * the channel was closed with, RangeError for an invalid count, and Cancelled.
   *
   * ```ts
   * const lines = new Channel<string>(100);
   * for (const line of ["a", "b", "c"]) lines.trySend(line);
   * yield* lines.drain(2); // ["a", "b"]
   * ```
   */
  drain(most: number = Number.POSITIVE_INFINITY): Op<T[]> {
    if (most !== Number.POSITIVE_INFINITY) checkValue("drain", most, COUNT);
    return drainOp(this._receivers, most);
  }

  /** All messages that are there, up to `most`. A plain call. Throws RangeError for an invalid count. */
  tryDrain(most: number = Number.POSITIVE_INFINITY): T[] {
    if (most !== Number.POSITIVE_INFINITY) checkValue("tryDrain", most, COUNT);
    return takeAll(this._receivers, most, []) as T[];
  }

  /**
   * The messages for plain code, `for await (const message of channel)`, until the channel ends. A loop that
   * is left early leaves nothing behind.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return new Messages(this._receivers);
  }

  /**
   * No message can be sent from here on, and those who wait to send are told so. What was sent is still
   * received; then receivers are told of the end: by the error, if one is given. A plain call; a second one
   * does nothing.
   */
  close(error?: unknown): void {
    this._finish({ broken: false, error });
  }

  /** Whether it was closed. Messages may be left in it. */
  get closed(): boolean {
    return this._end !== null;
  }

  /**
   * A sending half. When all sending halves have been closed, so is the channel. Throws FiberError of code `closed`
   * when it was closed before.
   *
   * ```ts
   * const results = new Channel<number>(4);
   * for (let id = 0; id < 3; id++) {
   *   const sender = results.sender();
   *   spawn(function* () {
   *     yield* sender.send(id);
   *     sender.close(); // the last one ends the loop below
   *   });
   * }
   * let sum = 0;
   * yield* results.each((n) => void (sum += n));
   * sum; // 3
   * ```
   */
  sender(): Sender<T> {
    return new Sender(this);
  }

  /**
   * A receiving half. When all receiving halves have been closed the channel is broken: what was sent is
   * forgotten, and senders are told. Throws FiberError of code `closed` when it was closed before, unless
   * messages are left in it.
   */
  receiver(): Receiver<T> {
    return new Receiver(this);
  }

  /** What it is doing, in numbers. A plain call. */
  stats(): ChannelStatistics {
    return {
      buffered: this._buffer.size,
      capacity: this.capacity,
      sending: this._senders.size,
      receiving: this._receivers.size,
      dropped: this.dropped,
      senders: this._openSenders,
      receivers: this._openReceivers,
      closed: this.closed,
    };
  }

  /** `channel "jobs"`. */
  toString(): string {
    return this.name === "" ? "a channel" : `channel "${this.name}"`;
  }

  /** @internal Whether its messages come from outside all fibers. */
  get _outside(): boolean {
    return false;
  }

  /** @internal */
  get _room(): string {
    return `${this.capacity === 0 ? "a receiver of" : "room in"} ${this.toString()}`;
  }

  /** @internal */
  get _over(): boolean {
    return this._end !== null;
  }

  /** @internal */
  _sendError(): FiberError {
    return sendError(this.toString(), this._end as End);
  }

  /** @internal Hands a message over, or keeps it, if there is room; the channel is open. */
  _put(value: T): boolean {
    if (this._receivers.wake(value)) return true;
    let { _buffer } = this;
    if (_buffer.size < this.capacity) {
      if (_buffer === NO_RING) this._buffer = _buffer = new Ring();
      _buffer.push(value);
      return true;
    }
    if (this.waits) return false;
    this.dropped++;
    if (this.overflow === "sliding") {
      _buffer.shift();
      _buffer.push(value);
    }
    return true;
  }

  /** @internal Puts messages before all others, or behind them, also where there is no room. */
  _restore(messages: readonly T[], first: boolean): void {
    if (this._end?.broken === true) return;
    const waiting = messages.findIndex((message) => !this._receivers.wake(message));
    if (waiting === -1) return;
    if (this._buffer === NO_RING) this._buffer = new Ring();
    const kept = messages.slice(waiting);
    if (first) for (const message of kept.toReversed()) this._buffer.unshift(message);
    else for (const message of kept) this._buffer.push(message);
  }

  /** @internal The oldest message, or MISSED. */
  _take(): unknown {
    const { _buffer, _senders } = this;
    let value: unknown;
    if (_buffer.size !== 0) {
      value = _buffer.shift();
      // Messages that were put back may fill it beyond its capacity.
      if (_senders.size === 0 || _buffer.size >= this.capacity) return value;
      _buffer.push(_senders.item as T);
    } else {
      if (_senders.size === 0) return MISSED;
      value = _senders.item;
    }
    _senders.wake(undefined);
    return value;
  }

  /** @internal */
  _finish(end: End): void {
    if (end.broken) this._buffer.clear();
    if (this._end !== null) return;
    this._end = end;
    this._senders.endAll();
    this._receivers.endAll();
  }
}
