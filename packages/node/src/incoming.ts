/** What Node calls back with, as a channel that ends with its scope. */
import { EventEmitter } from "node:events";
import { type Channel, messages, type MessagesOptions } from "fibril";

export interface Told<T> {
  message(message: T): void;
  fails(error: unknown): void;
}

/** `begin` starts what calls back, and gives what stops it: however the channel ends, that is called once. */
export function incoming<T>(
  options: MessagesOptions<T>,
  begin: (told: Told<T>) => () => void,
): Channel<T> {
  const emitter = new EventEmitter();
  const channel = messages<T>(emitter, options);
  try {
    const stop = begin({
      message: (message) => void emitter.emit("message", message),
      // One that comes after the end is nobody's.
      fails: (error) => void (emitter.listenerCount("error") > 0 && emitter.emit("error", error)),
    });
    // The channel listens until it ends.
    emitter.on("removeListener", (type) => {
      if (type === "message") stop();
    });
  } catch (error) {
    channel.close();
    throw error;
  }
  return channel;
}
