/**
 * Browsers, and workers in them.
 *
 * A posted turn is a message to oneself, because timers are slowed down to four milliseconds; between
 * two messages the page is rendered and handles input.
 */
import type { Host } from "../core/host.js";
import { globals } from "./globals.js";

export class BrowserHost implements Host {
  private readonly waiting: (() => void)[] = [];
  private wakeUp: (() => void) | undefined;

  now(): number {
    return globals.performance.now();
  }

  setTimer(callback: () => void, ms: number): unknown {
    return globals.setTimeout(callback, Math.min(ms, 2 ** 31 - 1));
  }

  clearTimer(timer: unknown): void {
    globals.clearTimeout(timer);
  }

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
    const next = (): void => this.waiting.shift()?.();
    if (MessageChannel === undefined) return () => void globals.setTimeout(next, 0);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = next;
    return () => port2.postMessage(0);
  }
}
