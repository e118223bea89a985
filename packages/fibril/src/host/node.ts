/**
 * Node, and whoever has its `setImmediate` and `process`: Deno and Bun.
 *
 * A posted turn is an immediate, because between two of those the event loop goes once round: timers
 * and I/O have their turn.
 */
import type { Context, Host, Idle } from "../core/host.js";
import { asyncContext } from "./async-context.js";
import { globals } from "./globals.js";
import { printError } from "./print.js";

/** The longest time that `setTimeout` takes, 24.8 days: a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1;

export class NodeHost implements Host {
  private readonly idle = new Set<Idle>();
  private listening = false;

  now(): number {
    return globals.performance.now();
  }

  setTimer(callback: () => void, ms: number): unknown {
    return globals.setTimeout(callback, Math.min(ms, LONGEST));
  }

  clearTimer(timer: unknown): void {
    globals.clearTimeout(timer);
  }

  post(callback: () => void): void {
    (globals.setImmediate as (callback: () => void) => unknown)(callback);
  }

  /** When Node has nothing left to do, nothing is left that could wake a fiber. */
  onIdle(idle: Idle): void {
    for (const other of this.idle) if (other.live === 0) this.idle.delete(other);
    this.idle.add(idle);
    if (this.listening) return;
    this.listening = true;
    globals.process?.on("beforeExit", () => {
      for (const stuck of this.idle) {
        this.idle.delete(stuck);
        if (stuck.live > 0) stuck.deadlock();
      }
    });
  }

  context(): Context {
    return asyncContext();
  }

  report(error: unknown): void {
    printError(error, "A fiber failed, and nobody is there to be told of it:");
  }
}
