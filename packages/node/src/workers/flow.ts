/**
 * Channels across threads. A half of a channel that is an argument of a call stays in its thread; the other thread gets a
 * half of a channel of its own, and messages flow from one to the other:
 *
 *     channel ── Outflow ──▶ port ──▶ Inflow ── channel
 *
 * At most a window of messages is under way: more may come as those before them have been received. The channel of the other
 * thread has no room of its own, so that "received" means that somebody has it. What nobody has received when the call
 * ends goes back.
 */
import type { TransferListItem } from "node:worker_threads";
import {
  Cancelled,
  type Receiver,
  type Routine,
  type Scope,
  type Sender,
  shield,
  type Spawned,
  suspend,
} from "fibril";
import { putBack } from "fibril/extend";
import { pack, unpack } from "./errors.js";
import type { FlowItem, FlowStep, Left } from "./protocol.js";
import { listOf } from "./transfer.js";

/** So many messages of a channel may be under way. */
const WINDOW = 32;

export type PostStep = (step: FlowStep, list?: readonly TransferListItem[]) => void;

/** Receives from a half, and posts. */
export class Outflow {
  readonly #receiver: Receiver<unknown>;
  readonly #post: PostStep;
  readonly #fiber: Spawned<void>;
  /** What was posted and not received, as far as is known. */
  #flight: FlowItem[];
  /** What could not be posted. */
  readonly #refused: unknown[];
  #room: number;
  #wake: () => void;
  /** Nothing more is posted. */
  #stopped: boolean;
  /** Whoever sends has ended. */
  #closing: boolean;

  constructor(receiver: Receiver<unknown>, scope: Scope, post: PostStep) {
    this.#receiver = receiver;
    this.#post = post;
    this.#flight = [];
    this.#refused = [];
    this.#room = WINDOW;
    this.#wake = nothing;
    this.#stopped = this.#closing = false;
    this.#fiber = scope.spawn("messages to another thread", () => this.#run());
  }

  hears(step: FlowStep): void {
    if (step.does === "more") {
      this.#flight.splice(0, step.count);
      this.#room += step.count;
      this.#wake();
    } else if (step.does === "stop") {
      this.stop();
    }
  }

  /** A message could not be posted. */
  refuses(item: FlowItem): void {
    this.#flight = this.#flight.filter((each) => each !== item);
    this.#refused.push(item.value);
  }

  /** Nobody receives any more. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#receiver.close();
    this.#wake();
    this.#post({ does: "end", error: undefined });
  }

  /** Posts what was sent so far, and ends. */
  *finish(): Routine<void> {
    this.#closing = true;
    this.#wake();
    this.#receiver.close();
    yield* this.#fiber.join();
  }

  /** The call is over. What nobody has received goes back to the channel; without a report, all that is under way. */
  over(left: Left | undefined): void {
    const flight = this.#flight;
    const first = left === undefined ? 0 : flight.length - left.count;
    const moved = new Map(left?.moved);
    const back: unknown[] = this.#refused;
    for (const [place, item] of flight.slice(first).entries()) {
      const again = item.list === undefined ? item : moved.get(place);
      if (again !== undefined) back.push(again.value);
    }
    this.#flight = [];
    putBack(this.#receiver, back);
    this.stop();
  }

  *#run(): Routine<void> {
    const receiver = this.#receiver;
    try {
      while (!this.#stopped) {
        if (this.#room === 0) {
          if (this.#closing) break;
          yield* suspend("room for messages in another thread", (wake) => void (this.#wake = wake));
          continue;
        }
        const values = yield* receiver.drain(this.#room);
        if (values.length === 0) break;
        if (this.#stopped) return putBack(receiver, values);
        for (const value of values) this.#send(value);
      }
      this.#end(undefined);
    } catch (error) {
      this.#end(receiver.closed || error instanceof Cancelled ? undefined : error);
    }
  }

  #send(value: unknown): void {
    const item: FlowItem = { value, list: listOf(value) };
    this.#room--;
    this.#flight.push(item);
    this.#post({ does: "item", item }, item.list);
  }

  #end(error: unknown): void {
    if (this.#stopped) return;
    this.#stopped = true;
    // The end of the call tells how it has ended.
    if (this.#closing) return;
    this.#post({ does: "end", error: error === undefined ? undefined : pack(error, "") });
  }
}

/** Takes what was posted, and sends it into a half. */
export class Inflow {
  readonly #sender: Sender<unknown>;
  readonly #post: PostStep;
  readonly #fiber: Spawned<void>;
  readonly #queue: FlowItem[];
  /** Messages that were received, which the other thread has not been told yet. */
  #owed: number;
  #end: { readonly error: unknown } | null;
  #wake: () => void;
  #stopped: boolean;

  constructor(sender: Sender<unknown>, scope: Scope, post: PostStep) {
    this.#sender = sender;
    this.#post = post;
    this.#queue = [];
    this.#owed = 0;
    this.#end = null;
    this.#wake = nothing;
    this.#stopped = false;
    this.#fiber = scope.spawn("messages from another thread", () => this.#run());
  }

  hears(step: FlowStep): void {
    if (step.does === "item") this.#queue.push(step.item);
    else if (step.does === "end")
      this.#ends(step.error === undefined ? undefined : unpack(step.error));
    this.#wake();
  }

  /** The call has ended, with an error perhaps: so has the flow, when all that came has been sent on. */
  *drain(error: unknown): Routine<void> {
    this.#ends(error);
    this.#wake();
    try {
      yield* this.#fiber;
    } catch (interrupted) {
      yield* shield(() => this.#fiber.cancel("the call was called off"));
      // The other side was told that they were sent; so they are, although there may be no room.
      putBack(
        this.#sender,
        this.#queue.map(({ value }) => value),
      );
      this.#sender.close(this.#end?.error);
      throw interrupted;
    }
  }

  /** The call has ended: tells what has come for it and was not received. */
  *left(flow: number): Routine<Left> {
    if (this.#end === null) {
      this.#stop();
      yield* suspend("the last message of another thread", (wake) => {
        this.#wake = () => this.#end !== null && wake();
      });
    }
    yield* this.#fiber.cancel("the call has ended");
    const moved: [number, FlowItem][] = [];
    for (const [place, item] of this.#queue.entries()) {
      if (item.list !== undefined) moved.push([place, item]);
    }
    return { flow, count: this.#queue.length, moved };
  }

  #ends(error: unknown): void {
    this.#end ??= { error };
  }

  #stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#post({ does: "stop" });
  }

  *#run(): Routine<void> {
    const queue = this.#queue;
    for (;;) {
      const item = queue[0];
      if (item !== undefined) {
        try {
          yield* this.#sender.send(item.value);
        } catch (error) {
          if (!(error instanceof Cancelled)) return this.#stop();
          throw error;
        }
        queue.shift();
        // Told once a turn: what is not told when this thread dies counts as not received.
        if (++this.#owed === 1) queueMicrotask(() => this.#tell());
      } else if (this.#end !== null) {
        return this.#sender.close(this.#end.error);
      } else {
        yield* suspend("a message of another thread", (wake) => void (this.#wake = wake));
      }
    }
  }

  #tell(): void {
    this.#post({ does: "more", count: this.#owed });
    this.#owed = 0;
  }
}

function nothing(): void {}
