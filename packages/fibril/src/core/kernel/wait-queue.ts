/**
 * The wait queue: fibers wait in a line, and something is handed to one of them at a time. A lock, a
 * channel or a pool has one queue for each side of it that may wait.
 *
 *     yield* queue.wait(item) ──▶ [ oldest … newest ] ──▶ queue.wake(value): the oldest goes on with it
 *
 * Joining, leaving from the middle (by a cancelled fiber) and taking the oldest cost the same however long
 * the line is. A hand-over either happened or did not: `wake` returns whether a fiber took the value, and a
 * fiber that took it gets it, even if it is cancelled before its next turn.
 *
 * A wait allocates nothing once the line has reached its greatest length, because the place of a fiber that
 * leaves is used again for the next one.
 */
import { type InLine, joinLine, leaveLine } from "../ready/line.js";
import { DELIVER, RAISE } from "./frame.js";
import type { Op } from "./op.js";
import type { TaskFields, Wait, WaitKind } from "./registers.js";
import { type WaitEnd, endWait, waitOp } from "./wait.js";

/** How many free places are kept. */
const SPARE = 1024;

const NOBODY: readonly TaskFields[] = [];

/** A fiber's place in a line. It is used again for another fiber after this one has left. */
export abstract class Place<Item> implements Wait, InLine<Place<Item>> {
  // The first five fields are all that a place needs if it is alone in its line. They share a cache line.
  task: TaskFields | null;
  /** What the fiber has brought along. */
  brought: Item | undefined;
  next: Place<Item> | null;
  /** What it came through, such as one half of a channel, if that can be closed on its own. */
  by: unknown;
  since: number;
  before: Place<Item> | null;
  last: Place<Item>;

  constructor() {
    this.task = null;
    this.brought = undefined;
    this.next = null;
    this.by = undefined;
    this.since = 0;
    this.before = null;
    this.last = this;
  }

  abstract get what(): string;
  abstract get firm(): boolean;
  abstract get outside(): boolean;
  abstract on(): readonly TaskFields[];
  abstract undo(): void;
}

/** The place of a fiber that has found others in the line. */
class PlaceBehind<Item> extends Place<Item> {
  private readonly queue: WaitQueue<Item>;

  constructor(queue: WaitQueue<Item>) {
    super();
    this.queue = queue;
  }

  get what(): string {
    return this.queue.what;
  }

  get firm(): boolean {
    return this.queue.holdsFirm(this.task as TaskFields, this.brought as Item);
  }

  get outside(): boolean {
    return this.queue.outside;
  }

  on(): readonly TaskFields[] {
    return this.queue.on();
  }

  undo(): void {
    const { queue } = this;
    queue.leave(this);
    queue.calledOff();
  }
}

/**
 * Fibers that wait in a line, the oldest first. Each may bring an `Item`, such as a message to send.
 *
 * The queue itself is the place of a fiber that finds nobody in the line. Most lines hold only one fiber, and an object
 * less is a cache miss less where there are many lines.
 */
export class WaitQueue<Item = undefined> extends Place<Item> implements WaitKind {
  protected first: Place<Item> | null;
  /** How many wait. */
  size: number;
  private spare: Place<Item> | null;
  private spares: number;
  /** For dumps and messages: `a message of channel "jobs"`. */
  readonly name: string;

  constructor(name: string) {
    super();
    this.first = null;
    this.size = 0;
    this.spare = null;
    this.spares = 0;
    this.name = name;
  }

  /**
   * For dumps: what its fibers wait for, and which fiber holds that. A subclass overrides it if `name` is
   * the name of an op.
   */
  get what(): string {
    return this.name;
  }

  /** Whether something outside all fibers may wake its fibers. If so, it is no deadlock if all of them wait. */
  get outside(): boolean {
    return false;
  }

  /** For the fiber in the queue's own place. */
  get firm(): boolean {
    return this.holdsFirm(this.task as TaskFields, this.brought as Item);
  }

  /** For the fiber in the queue's own place. */
  undo(): void {
    this.leave(this);
    this.calledOff();
  }

  /** Waits at the end of the line. Results in the value given to `wake`, or throws the error given to `fail`. */
  wait<Result>(item?: Item): Op<Result> {
    return waitOp(this, item);
  }

  /** The fibers that can end the waits, if only they can. */
  on(): readonly TaskFields[] {
    return NOBODY;
  }

  /** Whether the wait of this task is firm, so that no request ends it. */
  holdsFirm(_task: TaskFields, _item: Item): boolean {
    return false;
  }

  /** Called when a fiber has left the line with nothing, because fibers behind it may now be able to go on. */
  calledOff(): void {}

  /** What the oldest has brought; `undefined` if no fiber waits. */
  get item(): Item | undefined {
    return this.first?.brought;
  }

  /** The fiber that has waited longest; null if no fiber waits. */
  get oldest(): TaskFields | null {
    return this.first?.task ?? null;
  }

  /** Hands a value to the oldest. Returns false if no fiber waits; the value is then still the caller's. */
  wake(value: unknown): boolean {
    return this.end(DELIVER, value);
  }

  /** Ends the wait of the oldest with an error. Returns false if no fiber waits. */
  fail(error: unknown): boolean {
    return this.end(RAISE, error);
  }

  /** Ends the waits of the fibers that came through `by` with an error. Walks the whole line. */
  failBy(by: unknown, errorOf: () => unknown): void {
    // Starts at the first again after each, because the code that a wake calls may change the line.
    for (let place = this.first; place !== null;) {
      if (place.by !== by) {
        place = place.next;
        continue;
      }
      this.endAt(place, RAISE, errorOf());
      place = this.first;
    }
  }

  /** All fibers that wait, the oldest first. */
  *[Symbol.iterator](): Iterator<TaskFields> {
    for (let place = this.first; place !== null; place = place.next) {
      yield place.task as TaskFields;
    }
  }

  /** Begins a wait. Only the kernel calls this. A subclass returns null if it has the outcome at once. */
  begin(task: TaskFields, item: Item | undefined): Place<Item> | null {
    return this.stand(task, item);
  }

  /** Puts a task at the end of the line. */
  stand(task: TaskFields, item: Item | undefined): Place<Item> {
    const place = this.first === null ? this.ownPlace() : this.placeBehind(this.first);
    place.task = task;
    place.brought = item;
    place.since = task._scope.scheduler.time;
    this.size++;
    return place;
  }

  private ownPlace(): Place<Item> {
    this.next = null;
    this.first = this;
    return this;
  }

  private placeBehind(first: Place<Item>): Place<Item> {
    let place = this.spare;
    if (place === null) {
      place = new PlaceBehind<Item>(this);
    } else {
      this.spare = place.next;
      this.spares--;
    }
    joinLine(first, place);
    return place;
  }

  /** @internal Takes a place out of the line, wherever it stands. */
  leave(place: Place<Item>): void {
    if (--this.size === 0) this.first = null;
    else this.first = leaveLine(this.first as Place<Item>, place);
    place.task = null;
    place.brought = undefined;
    if (place.by !== undefined) place.by = undefined;
    if (place === this || this.spares === SPARE) return;
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

  /** Ends the wait of the fiber at a place. */
  protected endAt(place: Place<Item>, how: WaitEnd, value: unknown): void {
    const task = place.task as TaskFields;
    this.leave(place);
    endWait(task, how, value);
  }
}
