/**
 * Mailboxes: messages to a fiber. Each task has one, made when it is first used. The fiber takes the oldest
 * message, or the oldest that it wants (a selective receive); the others stay where they are. The idea is
 * Erlang's.
 */
import {
  addJoiner,
  attempt,
  type AttemptKind,
  CALLBACK,
  callUserCode,
  checkFiber,
  checkOptions,
  checkValue,
  currentTask,
  DELIVER,
  done,
  type Fiber,
  FiberError,
  hasEnded,
  type InLine,
  isTask,
  type Joiner,
  joinLine,
  labelOf,
  leaveLine,
  limitFrom,
  MISSED,
  noTask,
  oneOf,
  type Op,
  type Place,
  RAISE,
  type Rules,
  type Task,
  unscheduled,
  WaitQueue,
} from "../core/index.js";
import type { Overflow } from "./channel.js";
import { type Sendable, Senders } from "./lines.js";

/** Options of `mailbox`. */
export interface MailboxOptions {
  /** How many messages it holds, from 1; Infinity by default. */
  readonly capacity?: number | undefined;
  /** When it is full: senders wait, the default, or the oldest message or the new one is forgotten. */
  readonly overflow?: Overflow | undefined;
}

const RULES: Rules<MailboxOptions> = {
  capacity: limitFrom(1),
  overflow: oneOf("wait", "sliding", "dropping"),
};

/** What a mailbox is doing, in plain numbers. */
export interface MailboxStatistics {
  /** Messages that were sent and not yet received. */
  readonly messages: number;
  /** How many messages it holds. */
  readonly capacity: number;
  /** Fibers that wait for room. */
  readonly sending: number;
  /** Messages that `sliding` or `dropping` has lost. */
  readonly dropped: number;
}

type Match = ((message: any) => boolean) | undefined;

/** A message. In a list, because a selective receive takes one from the middle. */
class Letter implements InLine<Letter> {
  next: Letter | null = null;
  before: Letter | null = null;
  last: Letter = this;
  readonly message: unknown;

  constructor(message: unknown) {
    this.message = message;
  }
}

/** The owner waits in it, or what stands in for it in a `select`. */
class Receiving extends WaitQueue<Match> implements AttemptKind {
  private readonly mailbox: Mailbox;

  constructor(mailbox: Mailbox) {
    super("receive(…)");
    this.mailbox = mailbox;
  }

  override get what(): string {
    return "a message to itself";
  }

  get settled(): boolean {
    return false;
  }

  attempt(match: Match): unknown {
    return this.mailbox._take(match);
  }

  override begin(task: Task, match: Match): Place<Match> | null {
    const message = this.mailbox._take(match);
    return message === MISSED ? this.enter(task, match) : done(message);
  }

  enter(task: Task, match: Match): Place<Match> | null {
    return super.begin(task, match);
  }

  /** Gives a message to the first receiver that wants it. Returns whether there is one. */
  give(message: unknown): boolean {
    let place = this.first;
    while (place !== null) {
      const { brought: match, next, task } = place;
      if (match === undefined) {
        this.endAt(place, DELIVER, message);
        return true;
      }
      let wanted = false;
      try {
        wanted = callUserCode(() => match(message));
      } catch (error) {
        // The match is the receiver's function, not the sender's.
        if (place.task === task) this.endAt(place, RAISE, error);
      }
      if (place.task !== task) {
        place = this.first; // the match has changed the line
        continue;
      }
      if (wanted) {
        this.endAt(place, DELIVER, message);
        return true;
      }
      place = next;
    }
    return false;
  }
}

/** Ends the waits of senders when the fiber has ended. */
class Farewell implements Joiner {
  next: Joiner | null = null;
  before: Joiner | null = null;
  last: Joiner = this;
  private readonly senders: Senders<unknown>;

  constructor(senders: Senders<unknown>) {
    this.senders = senders;
  }

  get passive(): true {
    return true;
  }

  ended(): void {
    this.senders.endAll();
  }
}

class Mailbox implements Sendable<unknown> {
  readonly receiving: Receiving;
  readonly senders: Senders<unknown>;
  capacity: number;
  overflow: Overflow;
  private readonly task: Task;
  private first: Letter | null;
  private size: number;
  private dropped: number;
  private watched: boolean;

  constructor(task: Task) {
    this.task = task;
    this.receiving = new Receiving(this);
    this.senders = new Senders(this);
    this.capacity = Number.POSITIVE_INFINITY;
    this.overflow = "wait";
    this.first = null;
    this.size = 0;
    this.dropped = 0;
    this.watched = false;
  }

  bound({ capacity = this.capacity, overflow = this.overflow }: MailboxOptions): void {
    this.capacity = capacity;
    this.overflow = overflow;
    if (!this.watched && overflow === "wait" && capacity !== Number.POSITIVE_INFINITY) {
      this.watched = true;
      if (!this._over) addJoiner(this.task, new Farewell(this.senders));
    }
    this.admit();
  }

  stats(): MailboxStatistics {
    const { capacity, dropped, senders, size } = this;
    return { messages: size, capacity, sending: senders.size, dropped };
  }

  get _room(): string {
    return `room in the mailbox of ${labelOf(this.task)}`;
  }

  get _over(): boolean {
    return hasEnded(this.task);
  }

  _sendError(): FiberError {
    return new FiberError("broken", `${labelOf(this.task)} has ended: it receives no messages`);
  }

  _put(message: unknown): boolean {
    if (this.receiving.give(message)) return true;
    if (this.size >= this.capacity) {
      if (this.overflow === "wait") return false;
      this.dropped++;
      if (this.overflow === "dropping") return true;
      this.remove(this.first as Letter);
    }
    this.keep(message);
    return true;
  }

  /** The oldest message, or the oldest that matches; MISSED when there is none. */
  _take(match: Match): unknown {
    for (let letter = this.first; letter !== null; letter = letter.next) {
      if (match !== undefined && !match(letter.message)) continue;
      this.remove(letter);
      this.admit();
      return letter.message;
    }
    return MISSED;
  }

  private keep(message: unknown): void {
    this.first = joinLine(this.first, new Letter(message));
    this.size++;
  }

  private remove(letter: Letter): void {
    this.first = leaveLine(this.first as Letter, letter);
    this.size--;
  }

  /** There may be room for senders that wait. */
  private admit(): void {
    while (this.size < this.capacity && this.senders.size !== 0) {
      const message = this.senders.item;
      if (!this.receiving.give(message)) this.keep(message);
      this.senders.wake(undefined);
    }
  }
}

const mailboxes = new WeakMap<object, Mailbox>();

function mailboxOf(fiber: Fiber, verb: string): Mailbox {
  const known = mailboxes.get(fiber);
  if (known !== undefined) return known;
  checkFiber(fiber);
  const task = fiber as unknown as Task;
  if (!isTask(task)) throw noTask(verb, labelOf(task));
  const mailbox = new Mailbox(task);
  mailboxes.set(fiber, mailbox);
  return mailbox;
}

function ownMailbox(name: string): Mailbox {
  const task = currentTask();
  if (task === null) throw unscheduled(name);
  return mailboxOf(task as unknown as Fiber, name);
}

/**
 * Sends a message to a fiber's mailbox. Suspends only while the mailbox is bounded and full. Throws FiberError
 * of code `broken` when the fiber has ended, FiberError for a fiber that no scheduler runs, and Cancelled.
 *
 * ```ts
 * const greeter = spawn(function* () {
 *   return `hello ${yield* receive<string>()}`;
 * });
 * yield* send(greeter, "world");
 * yield* greeter; // "hello world"
 * ```
 */
export function send(fiber: Fiber, message: unknown): Op<void> {
  return attempt(mailboxOf(fiber, "send").senders, message);
}

/**
 * Sends a message to a fiber's mailbox if that needs no waiting; answers whether it did. A plain call, for fibers
 * and for callbacks of the host. Throws what `send` throws.
 *
 * ```ts
 * const greeter = spawn(function* () {
 *   return `hello ${yield* receive<string>()}`;
 * });
 * trySend(greeter, "world"); // true
 * yield* greeter; // "hello world"
 * ```
 */
export function trySend(fiber: Fiber, message: unknown): boolean {
  const mailbox = mailboxOf(fiber, "trySend");
  if (mailbox._over) throw mailbox._sendError();
  return mailbox._put(message);
}

/**
 * Receives the oldest message of the running fiber's mailbox; with `match`, the oldest for which that
 * is true: the others stay. `match` looks at messages as they come, so it must do nothing else.
 *
 * Suspends while there is none. Throws what `match` throws, FiberError outside of fibers, and Cancelled.
 *
 * ```ts
 * const isNumber = (message: unknown): message is number => typeof message === "number";
 * const adder = spawn(function* () {
 *   return (yield* receive(isNumber)) + (yield* receive(isNumber));
 * });
 * for (const message of [1, "two", 3]) yield* send(adder, message);
 * yield* adder; // 4
 * ```
 */
export function receive<Message>(match: (message: any) => message is Message): Op<Message>;
export function receive<Message = unknown>(match?: (message: any) => boolean): Op<Message>;
export function receive(match?: (message: any) => boolean): Op<unknown> {
  if (match !== undefined) checkValue("receive", match, CALLBACK);
  return attempt(ownMailbox("receive(…)").receiving, match);
}

/**
 * Receives as `receive` does if such a message is there, and answers undefined if not. A plain call, in a fiber.
 * Throws TypeError when `match` is not a function, and FiberError outside of a scheduler's fibers.
 *
 * ```ts
 * const idle = spawn(function* () {
 *   const message = tryReceive<string>();
 *   yield* sleep(1);
 *   return message ?? "nothing";
 * });
 * yield* idle; // "nothing"
 * ```
 */
export function tryReceive<Message>(
  match: (message: any) => message is Message,
): Message | undefined;
export function tryReceive<Message = unknown>(
  match?: (message: any) => boolean,
): Message | undefined;
export function tryReceive(match?: (message: any) => boolean): unknown {
  if (match !== undefined) checkValue("tryReceive", match, CALLBACK);
  const message = ownMailbox("tryReceive(…)")._take(match);
  return message === MISSED ? undefined : message;
}

/**
 * Bounds a fiber's mailbox, or changes how it is bounded; gives what it is doing, in numbers. A plain call. Throws
 * RangeError for an invalid capacity, TypeError for what is not a fiber.
 *
 * ```ts
 * const worker = spawn(function* () {
 *   for (;;) yield* receive();
 * });
 * mailbox(worker, { capacity: 100, overflow: "sliding" }).messages; // 0
 * yield* worker.cancel();
 * ```
 */
export function mailbox(fiber: Fiber, options: MailboxOptions = {}): MailboxStatistics {
  checkOptions("mailbox", options, RULES);
  const found = mailboxOf(fiber, "mailbox");
  found.bound(options);
  return found.stats();
}
