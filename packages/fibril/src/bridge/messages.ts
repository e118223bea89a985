/** What comes through a port. */
import { checkOptions, hasMethod } from "../core/index.js";
import type { Channel } from "../channel/channel.js";
import { EVENTS_RULES, type EventsOptions, Incoming } from "./events.js";
import { type AnyEventEmitter, type AnyEventTarget, checkEmits, isTarget } from "./listen.js";

/** The options of `events`, but for the events that are listened to. */
export type MessagesOptions<T> = Omit<EventsOptions<T>, "failOn" | "closeOn">;

const { failOn: _failOn, closeOn: _closeOn, ...RULES } = EVENTS_RULES;

/**
 * The messages that come through a MessagePort, a BroadcastChannel, a Worker or a WebSocket, as a channel: what was
 * posted, not the events. To send is the port's own plain call, `postMessage` or `send`.
 *
 * Listens from here to the end of the innermost scope, and starts a port that has to be started; the port itself stays
 * open. The channel ends when the port closes or the worker exits, and with an error when the port tells of one or
 * a message cannot be read. A plain call; options and errors are those of `events`.
 *
 * ```ts
 * const { port1, port2 } = new MessageChannel();
 * const inbox = messages<string>(port1);
 * port2.postMessage("hello");
 * const text = yield* inbox.receive();
 * text; // "hello"
 * port2.close();
 * ```
 */
export function messages<T = any>(
  port: AnyEventTarget | AnyEventEmitter,
  options: MessagesOptions<T> = {},
): Channel<T> {
  checkEmits("messages", port);
  checkOptions("messages", options, RULES);
  const target = isTarget(port);
  const inbox = new Incoming(
    port,
    "message",
    {
      name: "messages of a port",
      ...options,
      failOn: ["messageerror", "error"],
      closeOn: ["close", "exit"],
    },
    (event) => (target ? (event as { data: unknown }).data : (event as unknown[])[0]),
  );
  if (hasMethod(port, "start")) (port as unknown as { start(): void }).start();
  return inbox as Channel<any>;
}
