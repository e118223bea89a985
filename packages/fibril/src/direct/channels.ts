/** Messages between fibers. */
import * as fibril from "../index.js";
import type {
  AnyEventEmitter,
  AnyEventTarget,
  EventsOptions,
  MailboxOptions,
  MailboxStatistics,
  MessagesOptions,
} from "../index.js";
import type { DirectBut, Either } from "./types.js";

interface Receiving<T> {
  /** Waits for the next message; results in `none` when the channel has ended. */
  next(): T | undefined;
  next<None>(none: None): T | None;
  /** Calls a function with each message, until the channel has ended. */
  each(body: (message: T) => unknown): void;
}
interface Halves<T> {
  /** A half that only sends. */
  sender(): Sender<T>;
  /** A half that only receives. */
  receiver(): Receiver<T>;
}

/** A channel whose methods wait. */
export interface Channel<T>
  extends
    DirectBut<fibril.Channel<T>, keyof Receiving<T> | keyof Halves<T>>,
    Receiving<T>,
    Halves<T> {}
export const Channel = fibril.Channel as unknown as {
  new <T>(...args: ConstructorParameters<typeof fibril.Channel>): Channel<T>;
  /** A channel that keeps only the last message. */
  conflated<T>(...args: Parameters<typeof fibril.Channel.conflated>): Channel<T>;
};
/** The half of a channel that sends. */
export interface Sender<T> extends DirectBut<fibril.Sender<T>, "clone"> {
  /** Another half. */
  clone(): Sender<T>;
}
/** The half of a channel that receives. */
export interface Receiver<T>
  extends DirectBut<fibril.Receiver<T>, keyof Receiving<T> | "clone">, Receiving<T> {
  /** Another half. */
  clone(): Receiver<T>;
}
/** A channel each of whose messages goes to all subscribers. */
export interface Broadcast<T> extends DirectBut<fibril.Broadcast<T>, "subscribe"> {
  /** What receives all messages from now on. A plain call. */
  subscribe(): Receiver<T>;
}
export const Broadcast = fibril.Broadcast as unknown as new <T>(
  ...args: ConstructorParameters<typeof fibril.Broadcast>
) => Broadcast<T>;

/** Sends a message to a fiber's mailbox. */
export const send = fibril.send as unknown as (
  fiber: Either<fibril.Fiber>,
  message: unknown,
) => void;
/** Sends a message to a fiber's mailbox if there is room; returns whether there was. A plain call. */
export const trySend = fibril.trySend as (fiber: Either<fibril.Fiber>, message: unknown) => boolean;
/** Waits for a message in the fiber's own mailbox. */
export const receive = fibril.receive as unknown as {
  <Message>(match: (message: any) => message is Message): Message;
  <Message = unknown>(match?: (message: any) => boolean): Message;
};
/** A message that is in the fiber's own mailbox already, or `undefined`. A plain call. */
export const tryReceive: typeof fibril.tryReceive = fibril.tryReceive;
/** Sets the size of a fiber's mailbox, and gives numbers of it. A plain call. */
export const mailbox = fibril.mailbox as (
  fiber: Either<fibril.Fiber>,
  options?: MailboxOptions,
) => MailboxStatistics;

/** The events of a target or an emitter as a channel. A plain call. */
export const events = fibril.events as unknown as {
  <E = any>(from: AnyEventTarget, type: string, options?: EventsOptions<E>): Channel<E>;
  <Args extends readonly unknown[] = any[]>(
    from: AnyEventEmitter,
    type: string | symbol,
    options?: EventsOptions<Args>,
  ): Channel<Args>;
};
/** The messages of a port or a worker as a channel. A plain call. */
export const messages = fibril.messages as unknown as <T = any>(
  port: AnyEventTarget | AnyEventEmitter,
  options?: MessagesOptions<T>,
) => Channel<T>;
