/** The two lines of a channel: fibers that wait for a message, and fibers that wait to be rid of one. */
import {
  type AttemptKind,
  done,
  failed,
  MISSED,
  type Place,
  type Task,
  WaitQueue,
} from "../core/index.js";
import type { Channel } from "./channel.js";
import { isEnd, receiveError } from "./ending.js";

/** What a receive brings along that is to throw when the channel has ended. */
export const THROWS: unique symbol = Symbol("fibril.throws");

/** Fibers that wait for a message. Each brings what it gets in place of one when the channel has ended. */
export class Receivers<T> extends WaitQueue<unknown> implements AttemptKind {
  readonly channel: Channel<T>;

  constructor(channel: Channel<T>) {
    super("receive()");
    this.channel = channel;
  }

  override get what(): string {
    return `a message of ${this.channel.toString()}`;
  }

  override get outside(): boolean {
    return this.channel._outside;
  }

  get settled(): boolean {
    return this.channel._end !== null;
  }

  attempt(): unknown {
    return this.channel._take();
  }

  override begin(task: Task, none: unknown): Place<unknown> | null {
    const value = this.channel._take();
    return value === MISSED ? this.enter(task, none) : done(value);
  }

  enter(task: Task, none: unknown): Place<unknown> | null {
    const { channel } = this;
    const end = channel._end;
    if (end === null) return super.begin(task, none);
    if (none !== THROWS && isEnd(end)) return done(none);
    return failed(receiveError(channel.toString(), end));
  }

  /** The channel has ended: so has every wait. */
  endAll(): void {
    const { channel } = this;
    const end = channel._end;
    if (end === null) return;
    while (this.size !== 0) {
      const none = this.item;
      if (none !== THROWS && isEnd(end)) this.wake(none);
      else this.fail(receiveError(channel.toString(), end));
    }
  }
}

/** What messages can be sent to. */
export interface Sendable<T> {
  /** What its senders wait for, for people. */
  readonly _room: string;
  /** Whether nothing can be sent any more. */
  readonly _over: boolean;
  /** Takes a message, if there is room; it is not over. */
  _put(value: T): boolean;
  /** Why nothing can be sent any more. */
  _sendError(): unknown;
}

/** Fibers that wait for room, or, where there is none ever, for a receiver. Each brings its message. */
export class Senders<T> extends WaitQueue<T> implements AttemptKind {
  private readonly target: Sendable<T>;

  constructor(target: Sendable<T>) {
    super("send(…)");
    this.target = target;
  }

  override get what(): string {
    return this.target._room;
  }

  get settled(): boolean {
    return this.target._over;
  }

  attempt(value: T): unknown {
    const { target } = this;
    return !target._over && target._put(value) ? undefined : MISSED;
  }

  override begin(task: Task, value: T): Place<T> | null {
    return this.attempt(value) === MISSED ? this.enter(task, value) : done(undefined);
  }

  enter(task: Task, value: T): Place<T> | null {
    const { target } = this;
    return target._over ? failed(target._sendError()) : super.begin(task, value);
  }

  /** Nothing can be sent any more: every wait has ended. */
  endAll(): void {
    while (this.size !== 0) this.fail(this.target._sendError());
  }
}
