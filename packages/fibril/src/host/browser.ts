/**
 * The host for browsers, and for workers in them.
 *
 * A posted turn is a message that the page sends to itself, because browsers delay timers to four milliseconds.
 * Between two messages the page is rendered and handles input.
 *
 * It has no `onIdle`, so no deadlock is reported: a handler of the page may always act, and a browser does not say when
 * none is left.
 */
import type { Host } from "../core/index.js";
import { Clock } from "./clock.js";
import { globals } from "./globals.js";

export class BrowserHost extends Clock implements Host {
  private readonly waiting: (() => void)[] = [];
  private wakeUp: (() => void) | undefined;

  post(callback: () => void): void {
    this.waiting.push(callback);
    this.wakeUp ??= this.channel();
    this.wakeUp();
  }

  report(error: unknown): void {
    if (globals.reportError === undefined) globals.console.error(error);
    else globals.reportError(error);
  }

  private channel(): () => void {
    const { MessageChannel } = globals;
    const { waiting } = this;
    if (MessageChannel === undefined) {
      return () => void globals.setTimeout(() => waiting.shift()?.(), 0);
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      const next = waiting.shift();
      // Under Node (jsdom, without setImmediate) the port keeps the process alive only while turns are posted.
      if (waiting.length === 0) port1.unref?.();
      next?.();
    };
    return () => {
      port1.ref?.();
      port2.postMessage(0);
    };
  }
}
