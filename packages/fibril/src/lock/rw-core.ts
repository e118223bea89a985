/** What is behind a readers-writer lock: who reads, who writes, and the line. */
import {
  currentTask,
  type Frame,
  hasEnded,
  type Label,
  type Task,
  type WaitBegun,
  WaitQueue,
} from "../core/index.js";
import { beginClaim, type Claim, GRANTED } from "./claim.js";
import { abandoned, alreadyHeld, givenBackWithin, heldBy, notHeld, Watch } from "./holder.js";

/** One line for both kinds, so that neither passes the other. */
class RwLine extends WaitQueue<Frame> {
  private readonly core: RwCore;

  constructor(title: string, core: RwCore) {
    super(title);
    this.core = core;
  }

  override get what(): string {
    const { writer } = this.core;
    return `${this.name}, ${writer === null ? "read and " : "written and "}${heldBy(this.on())}`;
  }

  override on(): readonly Task[] {
    const { readers, writer } = this.core;
    return writer === null ? [...readers.keys()] : [writer];
  }

  /** A writer that leaves may have kept those behind it from reading with the others. */
  override calledOff(): void {
    this.core.settle();
  }
}

export class RwCore {
  readonly title: string;
  readonly line: RwLine;
  writer: Task | null;
  /** Who reads, and what watches over it while somebody waits. */
  readonly readers: Map<Task, Watch | null>;
  /** How many of those nothing watches over. */
  private unwatched: number;
  private readonly watch: Watch;
  /** The fiber that has ended while it held the lock. */
  private lost: Task | null;

  constructor(title: string) {
    this.title = title;
    this.line = new RwLine(title, this);
    this.writer = null;
    this.readers = new Map();
    this.unwatched = 0;
    this.watch = new Watch(this);
    this.lost = null;
  }

  take(task: Task, writes: boolean): boolean {
    if (writes ? !this.canWrite(task) : !this.canRead(task)) return false;
    this.enter(task, writes);
    return true;
  }

  private enter(task: Task, writes: boolean): void {
    if (writes) {
      this.writer = task;
    } else {
      this.readers.set(task, null);
      this.unwatched++;
    }
  }

  stop(task: Task, writes: boolean): boolean {
    return writes ? this.stopWriting(task) : this.stopReading(task);
  }

  private canRead(task: Task): boolean {
    this.checkHolder(task);
    return this.writer === null && this.line.size === 0;
  }

  private canWrite(task: Task): boolean {
    return this.canRead(task) && this.readers.size === 0;
  }

  private checkHolder(task: Task): void {
    const { lost, readers, title, writer } = this;
    if (writer === task || readers.has(task)) throw alreadyHeld(title, task);
    if (lost !== null) throw abandoned(title, lost);
    if (writer !== null && hasEnded(writer)) throw abandoned(title, writer);
  }

  /** Somebody is going to wait for those who hold it. */
  watchHolders(): void {
    const { readers, title, watch, writer } = this;
    if (writer !== null) return watch.set(writer);
    if (this.unwatched === 0) return;
    for (const [reader, watched] of readers) {
      if (watched !== null) continue;
      if (hasEnded(reader)) throw abandoned(title, (this.lost = reader));
      this.watchReader(reader);
    }
  }

  private watchReader(reader: Task): void {
    const watch = new Watch(this);
    this.readers.set(reader, watch);
    this.unwatched--;
    watch.set(reader);
  }

  private stopReading(task: Task): boolean {
    const { readers } = this;
    const watch = readers.get(task);
    if (watch === undefined) return false;
    if (watch === null) this.unwatched--;
    else watch.clear();
    readers.delete(task);
    if (readers.size === 0) this.settle();
    return true;
  }

  private stopWriting(task: Task): boolean {
    if (this.writer !== task) return false;
    this.watch.clear();
    this.writer = null;
    this.settle();
    return true;
  }

  /** The oldest go on: one that writes, or all up to the next that writes. */
  settle(): void {
    const { line, readers, watch } = this;
    for (let frame = line.item; frame !== undefined; frame = line.item) {
      const task = line.oldest as Task;
      const { writes } = frame.a as Side;
      if (this.writer !== null || (writes && readers.size > 0)) return;
      this.enter(task, writes);
      frame.pc = GRANTED;
      frame.d = task;
      if (line.size > 1) {
        if (writes) watch.set(task);
        else this.watchReader(task);
      }
      line.wake(undefined);
    }
  }

  abandonedBy(task: Task): void {
    this.lost = task;
    while (this.line.fail(abandoned(this.title, task)));
  }
}

/** Reading, or writing, as something to be claimed. In a claim's frame `d` is the fiber that does. */
export class Side implements Claim {
  readonly core: RwCore;
  readonly writes: boolean;
  readonly label: Label;

  constructor(core: RwCore, writes: boolean) {
    this.core = core;
    this.writes = writes;
    this.label = writes ? WRITE : READ;
  }

  get name(): string {
    return this.writes ? "lock.write.acquire()" : "lock.read.acquire()";
  }

  begin(task: Task, frame: Frame): WaitBegun | null {
    return beginClaim(this, task, frame);
  }

  enter(task: Task, frame: Frame): boolean {
    frame.d = task;
    return this.core.take(task, this.writes);
  }

  join(task: Task, frame: Frame): WaitBegun {
    this.core.watchHolders();
    return this.core.line.stand(task, frame);
  }

  leave(frame: Frame): void {
    this.finish(frame);
  }

  finish(frame: Frame): boolean {
    return this.core.stop(frame.d as Task, this.writes);
  }

  lost(): Error {
    return givenBackWithin(this.core.title);
  }

  release(call: string): void {
    const { core, writes } = this;
    const task = currentTask();
    if (task !== null && core.stop(task, writes)) return;
    throw notHeld(call, core.title, task, heldBy(core.line.on()));
  }
}

const READ: Label = { name: "lock.read.with" };
const WRITE: Label = { name: "lock.write.with" };
