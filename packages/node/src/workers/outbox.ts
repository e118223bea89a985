/**
 * Posts messages to another thread, those of one turn together: each post costs several microseconds on either side. A
 * message for a thread that has nothing to do is posted at once, and so is one that moves something.
 */
import type { MessagePort, TransferListItem } from "node:worker_threads";
import { isGone } from "./uncloneable.js";

export class Outbox<Message> {
  readonly #port: MessagePort;
  /** Told of a message that cannot be sent. */
  readonly #refused: (message: Message, error: unknown) => void;
  #messages: Message[];

  constructor(port: MessagePort, refused: (message: Message, error: unknown) => void) {
    this.#port = port;
    this.#refused = refused;
    this.#messages = [];
  }

  /** Posts a message with the others of this turn, or all of them at once. */
  post(message: Message, list?: readonly TransferListItem[], atOnce = false): void {
    if (list !== undefined && list.length > 0) {
      this.flush();
      return this.#alone(message, list);
    }
    const first = this.#messages.push(message) === 1;
    if (atOnce) this.flush();
    else if (first) queueMicrotask(() => this.flush());
  }

  /** Posts what there is. */
  flush(): void {
    const messages = this.#messages;
    if (messages.length === 0) return;
    this.#messages = [];
    try {
      // An empty list costs as much as a small message.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- it is no window
      this.#port.postMessage(messages);
    } catch (error) {
      // One that cannot be cloned must not keep the others back.
      if (messages.length === 1) return this.#refused(messages[0] as Message, error);
      for (const message of messages) this.#alone(message, []);
    }
  }

  #alone(message: Message, list: readonly TransferListItem[]): void {
    try {
      if (list.some(isGone)) throw new TypeError("it was moved to another thread before");
      this.#port.postMessage([message], list);
    } catch (error) {
      this.#refused(message, error);
    }
  }
}
