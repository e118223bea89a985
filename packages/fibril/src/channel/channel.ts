/**
 * Channels: messages from fiber to fiber, in the order of their sending, each to one receiver.
 *
 *     senders that wait ──▶ [ buffer, up to the capacity ] ──▶ receivers that wait
 *
 * Receivers wait only while the buffer is empty, senders only while it is full; so of the two lines one is
 * always empty, and a message that is taken makes room for the first of the senders in the same step.
 * The forms are Go's; that the two ends of a channel close apart, and with different errors, is trio's.
 */
import {
  attempt,
  type AttemptKind,
  checkOptions,
  checkValue,
  done,
  failed,
  FiberError,
  MISSED,
  oneOf,
  type Op,
  type Rule,
  type Rules,
  type Task,
  TEXT,
  type Wait,
  WaitQueue,
} from "../core/index.js";
import { type EachBody, eachOp } from "./each.js";
import { AT_END, type End, receiveError, sendError } from "./ending.js";
import { Ring } from "./ring.js";

/** What happens to a message that a full channel has no room for. */
export type Overflow = "wait" | "sliding" | "dropping";

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

const CAPACITY: Rule = {
  takes: "a whole number from 0, or Infinity",
  holds: (value) =>
    value === Number.POSITIVE_INFINITY || (Number.isSafeInteger(value) && (value as number) >= 0),
  number: true,
};

/** What a channel is doing, in plain numbers. */
export interface ChannelStatistics {
  /** Messages that were sent and not yet received. */
  readonly buffered: number;
  readonly capacity: number;
  /** Fibers that wait. */
  readonly sending: number;
  readonly receiving: number;
  /** Messages that `sliding` or `dropping` has lost. */
  readonly dropped: number;
  /** Open halves. */
  readonly senders: number;
  readonly receivers: number;
  readonly closed: boolean;
}

/** Fibers that wait for a message. What each brings along says what it gets at the end. */
export class Receivers<T> extends WaitQueue<typeof AT_END | undefined> implements AttemptKind {
  readonly channel: Channel<T>;

  constructor(channel: Channel<T>) {
    super("receive()");
    this.channel = channel;
  }

  override get what(): string {
    return `a message of ${this.channel.toString()}`;
  }

  attempt(): unknown {
    return this.channel._take();
  }

  override begin(task: Task, argument: typeof AT_END | undefined): Wait {
    const { channel } = this;
    const value = channel._take();
    if (value !== MISSED) return done(value) as never;
    const end = channel._end;
    if (end === null) return super.begin(task, argument);
    const error = receiveError(channel.toString(), end);
    // Ended in order, and not by an error: an iteration is over.
    return (argument === AT_END && isEnd(error) ? done(AT_END) : failed(error)) as never;
  }
}

/** Fibers that wait for room, or, where there is none ever, for a receiver. Each brings its message. */
export class Senders<T> extends WaitQueue<T> implements AttemptKind {
  readonly channel: Channel<T>;

  constructor(channel: Channel<T>) {
    super("send(…)");
    this.channel = channel;
  }

  override get what(): string {
    return `${this.channel.capacity === 0 ? "a receiver of" : "room in"} ${this.channel.toString()}`;
  }

  attempt(value: T): unknown {
    return this.channel._end === null && this.channel._put(value) ? undefined : MISSED;
  }

  override begin(task: Task, value: T): Wait {
    const { channel } = this;
    if (channel._end !== null) return failed(sendError(channel.toString(), channel._end)) as never;
    if (channel._put(value)) return done(undefined) as never;
    return super.begin(task, value);
  }
}

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
  readonly name: string;
  readonly capacity: number;
  readonly overflow: Overflow;
  /** @internal How it ended, if it has. */
  _end: End | null;
  /** @internal */
  readonly _receivers: Receivers<T>;
  /** @internal */
  readonly _senders: Senders<T>;
  /** @internal */
  readonly _buffer: Ring<T>;
  /** @internal Whether a message that has no room waits for it. */
  readonly _waits: boolean;
  private dropped: number;

  /** Throws RangeError for a capacity that is none, TypeError for options that are none. */
  constructor(capacity: number = 0, options: ChannelOptions = NO_OPTIONS) {
    checkValue("Channel", capacity, CAPACITY);
    if (options !== NO_OPTIONS) checkOptions("Channel", options, RULES);
    const { name = "", overflow = "wait" } = options;
    if (overflow !== "wait" && (capacity === 0 || capacity === Number.POSITIVE_INFINITY)) {
      throw new RangeError(`a ${overflow} channel takes a capacity from 1, not ${capacity}`);
    }
    this.name = name;
    this.capacity = capacity;
    this.overflow = overflow;
    this.dropped = 0;
    this._end = null;
    this._receivers = new Receivers(this);
    this._senders = new Senders(this);
    this._buffer = new Ring();
    this._waits = overflow === "wait";
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
    if (this._end !== null) throw sendError(this.toString(), this._end);
    return this._put(value);
  }

  /**
   * Receives the oldest message. Suspends while there is none. Throws FiberError of code `ended` when the
   * channel was closed and nothing is left in it, the error that it was closed with, and Cancelled: then
   * the message, if there is one, is another receiver's.
   */
  receive(): Op<T> {
    return attempt(this._receivers, undefined);
  }

  /**
   * Receives the oldest message if there is one, and answers `none` if not. A plain call. Throws what
   * `receive` throws.
   */
  tryReceive<None = undefined>(none?: None): T | None {
    const value = this._take();
    if (value !== MISSED) return value as T;
    if (this._end !== null) throw receiveError(this.toString(), this._end);
    return none as None;
  }

  /**
   * Calls `body` with each message until the channel ends. A body that is a routine, or gives an op, is run before the
   * next message is taken.
   *
   * Suspends while there is no message. Throws what `body` throws, the error that the channel was closed
   * with, and Cancelled.
   */
  each(body: EachBody<T>): Op<void> {
    return eachOp(this._receivers, body);
  }

  /**
   * No message can be sent from here on; those that were sent are received first, then the receivers
   * are told: by the error, if one is given, else by their end. Who waits to send is told so. A plain
   * call; a second one does nothing.
   */
  close(error?: unknown): void {
    this._finish({ broken: false, error, given: arguments.length > 0 && error !== undefined });
  }

  get closed(): boolean {
    return this._end !== null;
  }

  /** What it is doing, in numbers. A plain call. */
  stats(): ChannelStatistics {
    return {
      buffered: this._buffer.size,
      capacity: this.capacity,
      sending: this._senders.size,
      receiving: this._receivers.size,
      dropped: this.dropped,
      senders: 0,
      receivers: 0,
      closed: this.closed,
    };
  }

  /** `channel "jobs"`. */
  toString(): string {
    return this.name === "" ? "a channel" : `channel "${this.name}"`;
  }

  /** @internal Hands a message over, or keeps it, if there is room; the channel is open. */
  _put(value: T): boolean {
    if (this._receivers.wake(value)) return true;
    const { _buffer } = this;
    if (_buffer.size < this.capacity) {
      _buffer.push(value);
      return true;
    }
    if (this._waits) return false;
    this.dropped++;
    if (this.overflow === "sliding") {
      _buffer.shift();
      _buffer.push(value);
    }
    return true;
  }

  /** @internal The oldest message, or MISSED. */
  _take(): unknown {
    const { _buffer, _senders } = this;
    if (_buffer.size !== 0) {
      const value = _buffer.shift();
      if (_senders.size !== 0) {
        _buffer.push(_senders.item as T);
        _senders.wake(undefined);
      }
      return value;
    }
    if (_senders.size === 0) return MISSED;
    const value = _senders.item;
    _senders.wake(undefined);
    return value;
  }

  /** @internal */
  _finish(end: End): void {
    if (this._end !== null) return;
    this._end = end;
    if (end.broken) this._buffer.clear();
    while (this._senders.size !== 0) this._senders.fail(sendError(this.toString(), end));
    while (this._receivers.size !== 0) {
      const atEnd = this._receivers.item === AT_END;
      const error = receiveError(this.toString(), end);
      if (atEnd && isEnd(error)) this._receivers.wake(AT_END);
      else this._receivers.fail(error);
    }
  }
}

const NO_OPTIONS: ChannelOptions = {};

function isEnd(error: unknown): boolean {
  return error instanceof FiberError && error.code === "ended";
}
