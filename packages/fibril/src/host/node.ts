/**
 * The host for Node, and for Deno and Bun, which have Node's `setImmediate` and `process`.
 *
 * A posted turn is an immediate, because between two immediates the event loop goes round once, with timers
 * and I/O.
 */
import type { Ambients, Context, Host, Idle } from "../core/index.js";
import { ambientsOf } from "./ambients.js";
import { contextMaker } from "./async-context.js";
import { asyncHooks } from "./async-hooks.js";
import { Clock, LONGEST } from "./clock.js";
import { globals, hostProcess } from "./globals.js";
import { printError } from "./print.js";

/** The originals, as they were when the library was loaded: a test's fake timers stop the time, not the turns. */
const { clearInterval, setImmediate: realImmediate, setInterval } = globals;

export class NodeHost extends Clock implements Host {
  readonly context?: () => Context;
  readonly ambients?: Ambients;
  private readonly idle = new Set<Idle>();
  private listening = false;

  constructor() {
    super();
    const hooks = asyncHooks();
    if (hooks === undefined) return;
    this.context = contextMaker(hooks);
    this.ambients = ambientsOf(hooks);
  }

  post(callback: () => void): void {
    ((realImmediate ?? globals.setImmediate) as (callback: () => void) => unknown)(callback);
  }

  /** Detects a deadlock: when Node has nothing left to do, nothing can wake a fiber any more. */
  onIdle(idle: Idle): void {
    if (this.idle.has(idle)) return;
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
    printError(error, "A fiber failed, and nothing joined or monitored it:");
  }
}
