/**
 * The actors: whatever may still end a run from outside, such as an AbortSignal that has not fired, or the
 * signals of a program's process. As long as there is an actor, a standstill of all fibers is not a
 * deadlock, and the process stays alive.
 */
import type { Host } from "../kernel/host.js";

export class Actors {
  count: number;
  private readonly host: Host;
  private letGo: (() => void) | undefined;

  constructor(host: Host) {
    this.host = host;
    this.count = 0;
    this.letGo = undefined;
  }

  /** Adds an actor. Returns a function that removes it. */
  add(): () => void {
    this.count++;
    let acts = true;
    return () => {
      if (!acts) return;
      acts = false;
      if (--this.count === 0) this.release();
    };
  }

  /** Called when every fiber waits and there is no deadline: keeps the process alive if there is an actor. */
  hold(): void {
    if (this.count > 0) this.letGo ??= this.host.keepAlive?.();
  }

  release(): void {
    const { letGo } = this;
    this.letGo = undefined;
    letGo?.();
  }
}
