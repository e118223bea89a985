/**
 * Posts messages to another thread, those of one turn together: each post costs several microseconds on either side. A
 * message for a thread that has nothing to do is posted at once.
 */
import type { TransferListItem } from "node:worker_threads";

/** A port, or a Worker. */
export interface Posts {
  postMessage(messages: unknown, list?: readonly TransferListItem[]): void;
}

export class Outbox<Message> {
  readonly #port: Posts;
  /** Told of a message that cannot be sent. */
  readonly #refused: (message: Message, error: unknown) => void;
  #messages: Message[];
  #list: TransferListItem[];
  /** For each message that moves something: the message, and what it moves. */
  #moving: Map<Message, readonly TransferListItem[]> | null;

  constructor(port: Posts, refused: (message: Message, error: unknown) => void) {
    this.#port = port;
    this.#refused = refused;
    this.#messages = [];
    this.#list = [];
    this.#moving = null;
  }

  /** Posts a message with the others of this turn, or all of them at once. */
  post(message: Message, list?: readonly TransferListItem[], atOnce = false): void {
    const first = this.#messages.push(message) === 1;
    if (list !== undefined && list.length > 0) {
      this.#list.push(...list);
      (this.#moving ??= new Map()).set(message, list);
    }
    if (atOnce) this.flush();
    else if (first) queueMicrotask(() => this.flush());
  }

  /** Posts what there is. */
  flush(): void {
    const [messages, list, moving] = [this.#messages, this.#list, this.#moving];
    if (messages.length === 0) return;
    this.#messages = [];
    if (moving !== null) {
      this.#list = [];
      this.#moving = null;
    }
    try {
      // An empty list costs as much as a small message.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is no window
      if (moving === null) this.#port.postMessage(messages);
      else this.#port.postMessage(messages, list);
    } catch (error) {
      // One that cannot be cloned must not keep the others back. What throws has moved nothing.
      if (messages.length === 1) return this.#refused(messages[0] as Message, error);
      for (const message of messages) this.#alone(message, moving?.get(message));
    }
  }

  #alone(message: Message, list: readonly TransferListItem[] | undefined): void {
    try {
      this.#port.postMessage([message], list);
    } catch (error) {
      this.#refused(message, error);
    }
  }
}
