/**
 * Who may act from outside: the AbortSignal of a run that has not fired, the signals of a program. As
 * long as there is one, fibers that all wait are no deadlock, and the process stays alive for them.
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

  /** One more. Gives what says that it can act no longer. */
  add(): () => void {
    this.count++;
    let acts = true;
    return () => {
      if (!acts) return;
      acts = false;
      if (--this.count === 0) this.release();
    };
  }

  /** Every fiber waits, and no deadline is to come. */
  hold(): void {
    if (this.count > 0) this.letGo ??= this.host.keepAlive?.();
  }

  release(): void {
    const { letGo } = this;
    this.letGo = undefined;
    letGo?.();
  }
}
