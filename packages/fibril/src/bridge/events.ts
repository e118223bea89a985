/** The events of the host as a channel. */
import {
  ANYTHING,
  CALLBACK,
  checkOptions,
  FiberError,
  oneOf,
  type Rules,
  TEXT,
} from "../core/index.js";
import { Channel } from "../channel/channel.js";
import type { End } from "../channel/ending.js";
import { defer } from "../defer.js";
import {
  type AnyEventEmitter,
  type AnyEventTarget,
  checkEmits,
  errorOf,
  listen,
} from "./listen.js";
import { failing, NAMES, type OnceOptions } from "./once.js";

/** What happens to an event that there is no room for: nobody can make an emitter wait. */
export type EventOverflow = "fail" | "sliding" | "dropping";

/** Options of `events`. */
export interface EventsOptions<E> extends OnceOptions<E> {
  /** How many events may be kept until they are received: Infinity by default. */
  readonly capacity?: number | undefined;
  /**
   * When there are so many: `"fail"`, the default, ends the channel with a FiberError of code `overflow`;
   * `"sliding"` forgets the oldest, `"dropping"` the new one.
   */
  readonly overflow?: EventOverflow | undefined;
  /** Events that end the channel, such as `["close"]`; none by default. */
  readonly closeOn?: readonly string[] | undefined;
}

export const EVENTS_RULES: Rules<EventsOptions<any>> = {
  when: CALLBACK,
  failOn: NAMES,
  closeOn: NAMES,
  name: TEXT,
  capacity: ANYTHING, // checked by the channel
  overflow: oneOf("fail", "sliding", "dropping"),
};

type Emits = AnyEventTarget | AnyEventEmitter;

/** A channel that something of the host sends to. */
export class Incoming extends Channel<unknown> {
  private readonly stops: (() => void)[];

  constructor(
    from: Emits,
    type: string | symbol,
    options: EventsOptions<any>,
    valueOf: (event: any) => unknown,
  ) {
    const { overflow = "fail", capacity = Number.POSITIVE_INFINITY, when, closeOn = [] } = options;
    super(capacity, {
      name: options.name ?? `events "${String(type)}"`,
      ...(overflow === "fail" ? {} : { overflow }),
    });
    this.stops = [];
    try {
      this.stops.push(
        listen(from, type, (event) => {
          try {
            const value = valueOf(event);
            if (when === undefined || when(value)) this.comes(value);
          } catch (error) {
            this.close(error);
          }
        }),
      );
      for (const each of failing(from, type, options.failOn)) {
        this.stops.push(listen(from, each, (event) => this.close(errorOf(each, event))));
      }
      for (const each of closeOn) this.stops.push(listen(from, each, () => this.close()));
    } catch (error) {
      this.close();
      throw error;
    }
    defer(() => this.close());
  }

  /** @internal */
  override get _outside(): boolean {
    return true;
  }

  /** @internal However it ends, it listens no more. */
  override _finish(end: End): void {
    super._finish(end);
    for (const stop of this.stops.splice(0)) stop();
  }

  private comes(value: unknown): void {
    if (this._end !== null || this.trySend(value)) return;
    this.close(
      new FiberError(
        "overflow",
        `${this.toString()} has no room: ${this.capacity} are kept until they are received; ` +
          `receive faster, or say what may be lost with { overflow: "sliding" } or "dropping"`,
      ),
    );
  }
}

/**
 * Listens to events from here to the end of the innermost scope, as a channel: `receive()`, `each(body)`. A plain
 * call.
 *
 * The messages are the events of an EventTarget, and of an EventEmitter the arrays of its arguments. Events
 * that come while nobody receives are kept. The channel ends with an event of `closeOn`, with the error of
 * an event of `failOn` (see {@link OnceOptions}), or by `close()`; then nothing listens any more. Throws TypeError and
 * RangeError for invalid options, FiberError outside of a scheduler's fibers.
 *
 * ```ts
 * const target = new EventTarget();
 * const clicks = events<Event>(target, "click", { capacity: 16, overflow: "sliding", closeOn: ["close"] });
 * for (const type of ["click", "click", "close"]) target.dispatchEvent(new Event(type));
 * let count = 0;
 * yield* clicks.each(() => void count++);
 * count; // 2
 * ```
 */
export function events<E = any>(
  from: AnyEventTarget,
  type: string,
  options?: EventsOptions<E>,
): Channel<E>;
export function events<Args extends readonly unknown[] = any[]>(
  from: AnyEventEmitter,
  type: string | symbol,
  options?: EventsOptions<Args>,
): Channel<Args>;
export function events(
  from: Emits,
  type: string | symbol,
  options: EventsOptions<any> = {},
): Channel<any> {
  checkEmits("events", from);
  checkOptions("events", options, EVENTS_RULES);
  return new Incoming(from, type, options, (event) => event);
}
