/**
 * Node, and whoever has its `setImmediate` and `process`: Deno and Bun.
 *
 * A posted turn is an immediate, because between two of those the event loop goes once round: timers
 * and I/O have their turn.
 */
import type { Ambients, Context, Host, Idle } from "../core/index.js";
import { ambientsOf } from "./ambients.js";
import { contextMaker } from "./async-context.js";
import { asyncHooks } from "./async-hooks.js";
import { Clock, LONGEST } from "./clock.js";
import { globals, hostProcess } from "./globals.js";
import { printError } from "./print.js";

/** As it was when the library was loaded: a test that moves timers by hand means time, not turns. */
const { clearInterval, setImmediate: realImmediate, setInterval } = globals;

export class NodeHost implements Host {
  readonly context?: () => Context;
  readonly ambients?: Ambients;
  private readonly clock = new Clock();
  private readonly idle = new Set<Idle>();
  private listening = false;

  constructor() {
    const hooks = asyncHooks();
    if (hooks === undefined) return;
    this.context = contextMaker(hooks);
    this.ambients = ambientsOf(hooks);
  }

  now(): number {
    return this.clock.now();
  }

  setTimer(callback: () => void, ms: number): unknown {
    return this.clock.setTimer(callback, ms);
  }

  clearTimer(timer: unknown): void {
    globals.clearTimeout(timer);
  }

  post(callback: () => void): void {
    ((realImmediate ?? globals.setImmediate) as (callback: () => void) => unknown)(callback);
  }

  /** When Node has nothing left to do, nothing is left that could wake a fiber. */
  onIdle(idle: Idle): void {
    for (const other of this.idle) if (other.live === 0) this.idle.delete(other);
    this.idle.add(idle);
    if (this.listening) return;
    this.listening = true;
    hostProcess()?.on("beforeExit", () => {
      for (const stuck of this.idle) {
        this.idle.delete(stuck);
        if (stuck.live > 0) stuck.deadlock();
      }
    });
  }

  keepAlive(): () => void {
    const timer = setInterval?.(() => {}, LONGEST);
    return () => clearInterval?.(timer);
  }

  report(error: unknown): void {
    printError(error, "A fiber failed, and nobody is there to be told of it:");
  }
}
