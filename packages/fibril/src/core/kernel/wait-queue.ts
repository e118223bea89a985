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
import { type InLine, joinLine, leaveLine } from "../ready/line.js";
import { DELIVER, RAISE } from "./frame.js";
import type { Op } from "./op.js";
import type { TaskFields, Wait, WaitKind } from "./registers.js";
import { type WaitEnd, endWait, waitOp } from "./wait.js";

/** So many places are kept for those to come. */
const SPARE = 1024;

const NOBODY: readonly TaskFields[] = [];

/** A fiber's place in a line. Used again for another fiber when this one has left. */
export class Place<Item> implements Wait, InLine<Place<Item>> {
  next: Place<Item> | null;
  before: Place<Item> | null;
  last: Place<Item>;
  queue: WaitQueue<Item>;
  task: TaskFields | null;
  item: Item | undefined;
  /** Through what it has come, if that can be closed for itself. */
  by: unknown;
  since: number;

  constructor(queue: WaitQueue<Item>) {
    this.next = null;
    this.before = null;
    this.last = this;
    this.queue = queue;
    this.task = null;
    this.item = undefined;
    this.by = undefined;
    this.since = 0;
  }

  get what(): string {
    return this.queue.what;
  }

  get firm(): boolean {
    return this.queue.holdsFirm(this.task as TaskFields, this.item as Item);
  }

  on(): readonly TaskFields[] {
    return this.queue.on();
  }

  get outside(): boolean {
    return this.queue.outside;
  }

  undo(): void {
    const { queue } = this;
    queue.leave(this);
    queue.calledOff();
  }
}

/** Fibers that wait in a line, the oldest first. `Item` is what each brings along: a message to send. */
export class WaitQueue<Item = undefined> implements WaitKind {
  /** For people, in dumps and messages: `a message of channel "jobs"`. */
  readonly name: string;
  /** How many wait. */
  size: number;
  protected first: Place<Item> | null;
  private spare: Place<Item> | null;
  private spares: number;

  constructor(name: string) {
    this.name = name;
    this.size = 0;
    this.first = null;
    this.spare = null;
    this.spares = 0;
  }

  /** What its fibers wait for, and who holds it: another text where the name is that of an op. */
  get what(): string {
    return this.name;
  }

  /** Whether something outside all fibers may wake them: then that they all wait is no deadlock. */
  get outside(): boolean {
    return false;
  }

  /** Waits at the end of the line; results in what `wake` gives, or throws what `fail` gives. */
  wait<Result>(item?: Item): Op<Result> {
    return waitOp(this, item);
  }

  /** The fibers that could end the waits, where it is those alone. */
  on(): readonly TaskFields[] {
    return NOBODY;
  }

  /** Whether no request calls this one out of the line. */
  holdsFirm(_task: TaskFields, _item: Item): boolean {
    return false;
  }

  /** A fiber has left the line with nothing: what it stood in the way of may go on. */
  calledOff(): void {}

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

  /** Ends the waits of those who came through `by`; walks the whole line. */
  failBy(by: unknown, errorOf: () => unknown): void {
    // From the first each time, because what a wake calls may change the line.
    for (let place = this.first; place !== null;) {
      if (place.by !== by) {
        place = place.next;
        continue;
      }
      this.endAt(place, RAISE, errorOf());
      place = this.first;
    }
  }

  /** All that wait, the oldest first. */
  *[Symbol.iterator](): Iterator<TaskFields> {
    for (let place = this.first; place !== null; place = place.next) {
      yield place.task as TaskFields;
    }
  }

  /** The wait begins: for the kernel. Null where a kind of queue has the outcome at once. */
  begin(task: TaskFields, item: Item | undefined): Place<Item> | null {
    return this.stand(task, item);
  }

  /** Puts a task at the end of the line. */
  stand(task: TaskFields, item: Item | undefined): Place<Item> {
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
    // Alone, as most are: it is a line already but for the link of the spare ones.
    if (this.first === null) {
      place.next = null;
      this.first = place;
    } else {
      joinLine(this.first, place);
    }
    this.size++;
    return place;
  }

  /** @internal A fiber leaves the line, wherever it stands. */
  leave(place: Place<Item>): void {
    if (--this.size === 0) this.first = null;
    else this.first = leaveLine(this.first as Place<Item>, place);
    place.task = null;
    place.item = undefined;
    if (place.by !== undefined) place.by = undefined;
    if (this.spares === SPARE) return;
    place.next = this.spare;
    this.spare = place;
    this.spares++;
  }

  private end(how: WaitEnd, value: unknown): boolean {
    const { first } = this;
    if (first === null) return false;
    this.endAt(first, how, value);
    return true;
  }

  /** Ends the wait of the one who stands at a place. */
  protected endAt(place: Place<Item>, how: WaitEnd, value: unknown): void {
    const task = place.task as TaskFields;
    this.leave(place);
    endWait(task, how, value);
  }
}
