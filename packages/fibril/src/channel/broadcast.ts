/**
 * Broadcasts: every subscriber receives every message.
 *
 *                    ┌──▶ [ inbox ] ──▶ subscriber
 *     send ──▶ all ──┤
 *                    └──▶ [ inbox ] ──▶ subscriber
 *
 * Each subscriber has an inbox, a channel of its own. A message goes to all of them in one step or, where a slow
 * one makes senders wait, to none yet; so all see the same messages in the same order.
 */
import {
  attempt,
  checkOptions,
  checkValue,
  FiberError,
  limitFrom,
  MISSED,
  oneOf,
  type Op,
  type Rules,
  TEXT,
  wholeFrom,
} from "../core/index.js";
import { Channel } from "./channel.js";
import { type End, sendError } from "./ending.js";
import type { Receiver } from "./halves.js";
import { Senders } from "./lines.js";
import { Ring } from "./ring.js";

/** What a subscriber does to the others whose inbox is full. */
export type Slow = "wait" | "sliding" | "dropping" | "fail";

/** Options of `new Broadcast`. */
export interface BroadcastOptions {
  /** For dumps and messages. */
  readonly name?: string | undefined;
  /**
   * When the inbox of a subscriber is full: `"wait"`, the default, makes senders wait for it; `"sliding"`
   * makes it miss the oldest message, `"dropping"` the new one; `"fail"` ends its subscription with a
   * FiberError of code `broken`, after what is left in its inbox.
   */
  readonly slow?: Slow | undefined;
  /** How many of the last messages a new subscriber receives first. None by default. */
  readonly replay?: number | undefined;
}

const RULES: Rules<BroadcastOptions> = {
  name: TEXT,
  slow: oneOf("wait", "sliding", "dropping", "fail"),
  replay: wholeFrom(0),
};

const CAPACITY = limitFrom(1);

/** What a broadcast is doing, in plain numbers. */
export interface BroadcastStatistics {
  /** Subscriptions that are open. */
  readonly subscribers: number;
  /** Messages in the fullest inbox. */
  readonly behind: number;
  /** Fibers that wait to send. */
  readonly sending: number;
  /** Whether it was closed. */
  readonly closed: boolean;
}

/** The channel of one subscriber. It tells the broadcast when it has room again, and when it is left. */
class Inbox<T> extends Channel<T> {
  private readonly broadcast: Broadcast<T>;
  /** The number of the last message that was sent before it was there. */
  readonly since: number;
  full: boolean;

  constructor(broadcast: Broadcast<T>, since: number) {
    const { capacity, name, slow } = broadcast;
    super(capacity, { name, overflow: slow === "fail" || capacity === Infinity ? "wait" : slow });
    this.broadcast = broadcast;
    this.since = since;
    this.full = false;
  }

  override _take(): unknown {
    const value = super._take();
    if (value !== MISSED && this.full) this.emptied();
    return value;
  }

  override _finish(end: End): void {
    super._finish(end);
    this.broadcast._left(this);
    if (this.full) this.emptied();
  }

  override toString(): string {
    return this.name === "" ? "a broadcast" : `broadcast "${this.name}"`;
  }

  private emptied(): void {
    this.full = false;
    this.broadcast._hasRoom();
  }
}

/**
 * A broadcast. The capacity is how many messages a subscriber may be behind before the policy for slow ones is
 * applied.
 *
 * ```ts
 * const prices = new Broadcast<number>(16, { slow: "sliding", replay: 1 });
 * prices.trySend(5);
 * const subscriber = prices.subscribe();
 * prices.trySend(6);
 * yield* subscriber.receive(); // 5
 * yield* subscriber.receive(); // 6
 * ```
 */
export class Broadcast<T> {
  /** The name in dumps and messages; empty when none was given. */
  readonly name: string;
  /** How many messages a subscriber may be behind. */
  readonly capacity: number;
  /** What is done when the inbox of a subscriber is full. */
  readonly slow: Slow;
  /** How many of the last messages a new subscriber receives first. */
  readonly replay: number;
  private readonly inboxes: Set<Inbox<T>>;
  private readonly senders: Senders<T>;
  private readonly last: Ring<T>;
  private end: End | null;
  /** How many messages were sent. */
  private sent: number;
  /** Inboxes that are full. */
  private full: number;

  /** Throws RangeError for an invalid capacity or replay, TypeError for other invalid options. */
  constructor(capacity: number, options: BroadcastOptions = {}) {
    checkValue("Broadcast", capacity, CAPACITY);
    checkOptions("Broadcast", options, RULES);
    const { name = "", slow = "wait", replay = 0 } = options;
    if (replay > capacity) {
      throw new RangeError(
        `a subscriber with room for ${capacity} cannot be given ${replay} again`,
      );
    }
    this.name = name;
    this.capacity = capacity;
    this.slow = slow;
    this.replay = replay;
    this.inboxes = new Set();
    this.senders = new Senders(this);
    this.last = new Ring();
    this.end = null;
    this.sent = 0;
    this.full = 0;
  }

  /**
   * Sends a message to all subscribers. Suspends, with the policy `wait`, while one of them has no room; then
   * none has it yet. Without subscribers it is kept for those to come, as far as `replay` says. Throws
   * FiberError of code `closed` when the broadcast was closed, and Cancelled.
   */
  send(value: T): Op<void> {
    return attempt(this.senders, value);
  }

  /** Sends a message if that needs no waiting; answers whether it did. A plain call. Throws what `send` throws. */
  trySend(value: T): boolean {
    if (this.end !== null) throw this._sendError();
    return this._put(value);
  }

  /**
   * A subscription: what is sent from here on, behind the replay. It lasts until its last half is closed; clones
   * of it share its messages. A plain call. After `close` it gives the replay, and ends.
   */
  subscribe(): Receiver<T> {
    const inbox = new Inbox(this, this.sent);
    for (const value of this.last) inbox._put(value);
    if (this.end !== null) {
      // Made before it ends, because there may be nothing to receive.
      const receiver = inbox.receiver();
      inbox._finish(this.end);
      return receiver;
    }
    this.inboxes.add(inbox);
    this.look(inbox);
    return inbox.receiver();
  }

  /**
   * Nothing can be sent from here on. Subscribers receive what is left, then they are told of the end: by the
   * error, if one is given. A plain call; a second one does nothing.
   */
  close(error?: unknown): void {
    if (this.end !== null) return;
    this.end = { broken: false, error };
    this.senders.endAll();
    for (const inbox of this.inboxes) inbox.close(error);
  }

  /** Whether it was closed. Subscribers may have messages left. */
  get closed(): boolean {
    return this.end !== null;
  }

  /** What it is doing, in numbers. A plain call; looks at every subscriber. */
  stats(): BroadcastStatistics {
    let behind = 0;
    for (const inbox of this.inboxes) behind = Math.max(behind, inbox.stats().buffered);
    return {
      subscribers: this.inboxes.size,
      behind,
      sending: this.senders.size,
      closed: this.closed,
    };
  }

  /** `broadcast "prices"`. */
  toString(): string {
    return this.name === "" ? "a broadcast" : `broadcast "${this.name}"`;
  }

  /** @internal */
  get _room(): string {
    return `the slowest subscriber of ${this.toString()}`;
  }

  /** @internal */
  get _over(): boolean {
    return this.end !== null;
  }

  /** @internal */
  _sendError(): FiberError {
    return sendError(this.toString(), this.end as End);
  }

  /** @internal */
  _put(value: T): boolean {
    if (this.full !== 0) return false;
    this.deliver(value);
    return true;
  }

  private deliver(value: T): void {
    const number = ++this.sent;
    if (this.replay !== 0) {
      if (this.last.size === this.replay) this.last.shift();
      this.last.push(value);
    }
    for (const inbox of this.inboxes) {
      // A fiber that was woken may have subscribed just now. Then the message is in its replay.
      if (inbox.since >= number) continue;
      if (inbox._put(value)) this.look(inbox);
      else if (this.slow === "fail") inbox._finish({ broken: false, error: this.tooSlow() });
      // Somebody else has sent while a sender was woken: its message has its place all the same.
      else inbox._buffer.push(value);
    }
  }

  /** @internal An inbox that was full is not any more. */
  _hasRoom(): void {
    this.full--;
    while (this.full === 0 && this.senders.size !== 0 && this.end === null) {
      const value = this.senders.item as T;
      // Before the message goes out, because from then on nobody may call its sender off.
      this.senders.wake(undefined);
      this.deliver(value);
    }
  }

  /** @internal */
  _left(inbox: Inbox<T>): void {
    this.inboxes.delete(inbox);
  }

  private look(inbox: Inbox<T>): void {
    if (this.slow !== "wait" || inbox.full || inbox.stats().buffered < this.capacity) return;
    inbox.full = true;
    this.full++;
  }

  private tooSlow(): FiberError {
    return new FiberError(
      "broken",
      `a subscriber of ${this.toString()} was too slow: ${this.capacity} messages waited for it`,
    );
  }
}
