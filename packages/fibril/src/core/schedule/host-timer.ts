/**
 * The host's timer that a scheduler has while all its fibers wait: one, for its earliest deadline.
 *
 * It is kept from turn to turn as long as that deadline stays the same. Most turns change no deadline, and to
 * take a timer back and set it again costs as much as ten switches. (A sixth of a program that works on lines
 * beside one time limit was spent on that.)
 */
import type { Host, Idle } from "../kernel/host.js";

export class HostTimer {
  private readonly host: Host;
  private readonly fired: () => void;
  /** The host's timer, and the tick for which it was set. */
  private timer: unknown;
  private tick: number;
  private by: unknown;

  /** `turn` is called at the deadline. */
  constructor(host: Host, turn: () => void) {
    this.host = host;
    this.timer = undefined;
    this.tick = 0;
    this.by = undefined;
    this.fired = () => {
      this.timer = undefined;
      turn();
    };
  }

  /** Nothing is ready before this tick; `Infinity` if there is no deadline. */
  waitFor(tick: number, idle: Idle): void {
    const { timers } = this.host;
    if (this.timer !== undefined && this.tick === tick && this.by === timers) return;
    this.clear();
    if (tick === Number.POSITIVE_INFINITY) return;
    this.tick = tick;
    this.by = timers;
    this.timer = this.host.setTimer(this.fired, Math.max(0, idle.untilDeadline));
  }

  clear(): void {
    const { timer } = this;
    if (timer === undefined) return;
    this.timer = undefined;
    this.host.clearTimer(timer);
  }
}
