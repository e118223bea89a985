/**
 * The wait queue: fibers that wait in a line for something that is handed to one of them at a time. What
 * has a line of its own (a lock, a channel, a pool) has one of these for each side.
 *
 *     yield* queue.wait(item) ──▶ [ oldest … newest ] ──▶ queue.wake(value): the oldest goes on with it
 *
 * Joining, leaving from the middle (a cancelled waiter) and taking cost the same however long the line is.
 * A hand-over has happened or has not: `wake` answers whether a fiber took the value, and a fiber that
 * took it gets it, also when it is cancelled before its next turn.
 *
 * A wait costs no memory once the line has been as long as it gets: the place of a fiber that leaves is
 * used for the next that comes.
 */
import type { TaskFields, WaitKind } from "./kernel.js";
import { type InLine, joinLine, leaveLine } from "./line.js";
import type { Op } from "./op.js";
import * as state from "./state.js";
import { type Ended, endWait, type Wait, waitOp } from "./wait.js";

const { DELIVER, RAISE } = state;

/** So many places are kept for those to come. */
const SPARE = 1024;

/** A fiber's place in a line. Used again for another fiber when this one has left. */
class Place<Item> implements Wait, InLine<Place<Item>> {
  next: Place<Item> | null;
  before: Place<Item> | null;
  last: Place<Item>;
  queue: WaitQueue<Item>;
  task: TaskFields | null;
  item: Item | undefined;
  since: number;

  constructor(queue: WaitQueue<Item>) {
    this.next = null;
    this.before = null;
    this.last = this;
    this.queue = queue;
    this.task = null;
    this.item = undefined;
    this.since = 0;
  }

  get what(): string {
    return this.queue.what;
  }

  undo(): void {
    this.queue.leave(this);
  }
}

/** Fibers that wait in a line, the oldest first. `Item` is what each brings along: a message to send. */
export class WaitQueue<Item = undefined> implements WaitKind {
  /** For people, in dumps and messages: `a message of channel "jobs"`. */
  readonly name: string;
  /** How many wait. */
  size: number;
  private first: Place<Item> | null;
  private spare: Place<Item> | null;
  private spares: number;

  constructor(name: string) {
    this.name = name;
    this.size = 0;
    this.first = null;
    this.spare = null;
    this.spares = 0;
  }

  /** What its fibers wait for: another text where the name is that of an op. */
  get what(): string {
    return this.name;
  }

  /** Waits at the end of the line; results in what `wake` gives, or throws what `fail` gives. */
  wait<Result>(item?: Item): Op<Result> {
    return waitOp(this, item);
  }

  /** What the oldest has brought; `undefined` when nobody waits. */
  get item(): Item | undefined {
    return this.first?.item;
  }

  /** The fiber that has waited longest. */
  get oldest(): TaskFields | null {
    return this.first?.task ?? null;
  }

  /** Hands a value to the oldest; false when nobody waits: then the value is still the caller's. */
  wake(value: unknown): boolean {
    return this.end(DELIVER, value);
  }

  /** Ends the wait of the oldest with an error; false when nobody waits. */
  fail(error: unknown): boolean {
    return this.end(RAISE, error);
  }

  /** All that wait, the oldest first. */
  *[Symbol.iterator](): Iterator<TaskFields> {
    for (let place = this.first; place !== null; place = place.next) {
      yield place.task as TaskFields;
    }
  }

  /** The wait begins: for the kernel. */
  begin(task: TaskFields, item: Item | undefined): Wait {
    let place = this.spare;
    if (place === null) {
      place = new Place<Item>(this);
    } else {
      this.spare = place.next;
      this.spares--;
    }
    place.task = task;
    place.item = item;
    place.since = task._scope.scheduler.time;
    this.first = joinLine(this.first, place);
    this.size++;
    return place;
  }

  /** @internal A fiber leaves the line, wherever it stands. */
  leave(place: Place<Item>): void {
    this.first = leaveLine(this.first as Place<Item>, place);
    this.size--;
    place.task = null;
    place.item = undefined;
    if (this.spares === SPARE) return;
    place.next = this.spare;
    this.spare = place;
    this.spares++;
  }

  private end(how: Ended, value: unknown): boolean {
    const { first } = this;
    if (first === null) return false;
    const task = first.task as TaskFields;
    this.leave(first);
    endWait(task, how, value);
    return true;
  }
}
