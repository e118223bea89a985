/**
 * What is behind a pool: where its resources are.
 *
 *     created ──▶ idle ──▶ (checked) ──▶ lent ──▶ idle …
 *                   │           │          │ discarded
 *                   ▼ too long  ▼ unfit    ▼
 *                 destroyed     destroyed  destroyed
 *
 * Creating, checking and destroying are done by fibers of the pool's own, in its nursery, and not by those
 * that ask for a resource. So a resource whose creation was caused by a fiber that has been cancelled is there for the next fiber.
 */
import {
  call,
  Cancelled,
  currentTask,
  FiberError,
  type Frame,
  type Label,
  type Routine,
  type RoutineFunction,
  schedulerOf,
  spawn,
  type Spawned,
  type Task,
  type WaitBegun,
  WaitQueue,
} from "../core/index.js";
import { type Scope, scope, shield, supervised } from "../scope.js";
import { sleep } from "../sleep.js";
import { type Claim, GRANTED, beginClaim } from "./claim.js";
import { Event } from "./event.js";
import { alreadyHeld, heldBy } from "./holder.js";

/** What a pool is made of, with nothing left out. */
export interface PoolParts {
  readonly create: RoutineFunction<[], unknown, any, any>;
  readonly destroy: RoutineFunction<[resource: unknown], unknown, any, any>;
  readonly check: RoutineFunction<[resource: unknown], boolean, any, any> | null;
  readonly limit: number;
  readonly minimum: number;
  readonly idleTime: number;
}

/** A resource that has been lent, and to whom; null: to plain code. */
export class Loan {
  readonly resource: unknown;
  readonly task: Task | null;
  /** It does not come back to the pool. */
  discarded: boolean;

  constructor(resource: unknown, task: Task | null) {
    this.resource = resource;
    this.task = task;
    this.discarded = false;
  }
}

interface Idle {
  readonly resource: unknown;
  /** On the host's clock. */
  readonly since: number;
}

class PoolLine extends WaitQueue<Frame> {
  private readonly core: PoolCore;

  constructor(title: string, core: PoolCore) {
    super(title);
    this.core = core;
  }

  override get what(): string {
    const { lent, parts } = this.core;
    const holders = this.on();
    const by = holders.length === 0 ? "" : `, ${heldBy(holders)}`;
    return `a resource of ${this.name}, ${lent.size} of ${parts.limit} in use${by}`;
  }

  override on(): readonly Task[] {
    const { lent, parts } = this.core;
    if (lent.size < parts.limit) return [];
    const tasks: Task[] = [];
    for (const { task } of lent.values()) if (task !== null) tasks.push(task);
    return tasks;
  }
}

/** In a claim's frame `d` is the loan. */
export class PoolCore implements Claim {
  readonly title: string;
  readonly parts: PoolParts;
  readonly line: PoolLine;
  /** The last was given back last, and is lent first: so what is not needed grows old. */
  readonly idle: Idle[];
  readonly lent: Map<unknown, Loan>;
  creating: number;
  checking: number;
  destroying: number;
  closed: boolean;
  /** Where its fibers are spawned. */
  private nursery: Scope | null;
  /** A time on the host's clock, also in plain code. */
  private now: () => number;
  private readonly ready: Event;
  /** Where the keeper waits as long as nothing can grow too old. */
  private readonly rest: WaitQueue;

  constructor(title: string, parts: PoolParts) {
    this.title = title;
    this.parts = parts;
    this.line = new PoolLine(title, this);
    this.idle = [];
    this.lent = new Map();
    this.creating = 0;
    this.checking = 0;
    this.destroying = 0;
    this.closed = false;
    this.nursery = null;
    this.now = () => 0;
    this.ready = new Event();
    this.rest = new WaitQueue(`the end of ${title}`);
  }

  /** Resources that there are, or will be in a moment, or still are. */
  get size(): number {
    const { checking, creating, destroying, idle, lent } = this;
    return idle.length + lent.size + creating + checking + destroying;
  }

  get name(): string {
    return "pool.acquire()";
  }

  get label(): Label {
    return LABEL;
  }

  begin(task: Task, frame: Frame): WaitBegun | null {
    return beginClaim(this, task, frame);
  }

  enter(task: Task, frame: Frame): boolean {
    if (this.closed) throw this.isClosed();
    if (this.parts.check !== null) return false;
    const loan = this.take(task);
    if (loan === null) return false;
    frame.d = loan;
    return true;
  }

  /** An idle resource as it is. */
  take(task: Task | null): Loan | null {
    if (this.closed) throw this.isClosed();
    const idle = this.line.size > 0 ? undefined : this.idle.pop();
    return idle === undefined ? null : this.lend(idle.resource, task);
  }

  join(task: Task, frame: Frame): WaitBegun {
    this.checkHolders(task);
    const wait = this.line.stand(task, frame);
    this.settle();
    return wait;
  }

  /** One that has all of them would wait for itself. */
  private checkHolders(task: Task): void {
    if (this.lent.size < this.parts.limit) return;
    for (const loan of this.lent.values()) if (loan.task !== task) return;
    throw alreadyHeld(`every resource of ${this.title}`, task);
  }

  gives(frame: Frame): unknown {
    return (frame.d as Loan).resource;
  }

  leave(frame: Frame): void {
    this.finish(frame);
  }

  finish(frame: Frame): boolean {
    const loan = frame.d as Loan;
    if (this.lent.get(loan.resource) !== loan) return loan.discarded;
    this.giveBack(loan);
    return true;
  }

  lost(): Error {
    if (this.closed) return this.isClosed();
    return new FiberError(
      "not-held",
      `the routine of with(…) has released its resource of ${this.title} itself: ` +
        `with(…) does that at the routine's end`,
    );
  }

  isClosed(): FiberError {
    return new FiberError(
      "pool-closed",
      `${this.title} has closed, with the scope that it was opened in`,
    );
  }

  /** The loan that a call is about. */
  loanOf(resource: unknown, call: string): Loan {
    const loan = this.lent.get(resource);
    if (loan !== undefined) return loan;
    throw new FiberError(
      "not-held",
      `${call} of what ${this.title} has not lent: give back what was acquired, once`,
    );
  }

  giveBack({ resource }: Loan): void {
    this.lent.delete(resource);
    this.offer(resource);
  }

  discard(loan: Loan): void {
    loan.discarded = true;
    this.lent.delete(loan.resource);
    this.destroy(loan.resource);
    this.settle();
  }

  private lend(resource: unknown, task: Task | null): Loan {
    const loan = new Loan(resource, task);
    this.lent.set(resource, loan);
    return loan;
  }

  /** A resource is free, and fit: the oldest in the line gets it. */
  private offer(resource: unknown): void {
    const { idle, line, parts } = this;
    const frame = line.item;
    if (frame === undefined) {
      const since = parts.idleTime === Number.POSITIVE_INFINITY ? 0 : this.now();
      idle.push({ resource, since });
      if (!this.closed) this.rest.wake(undefined);
      return;
    }
    frame.d = this.lend(resource, line.oldest);
    frame.pc = GRANTED;
    line.wake(undefined);
  }

  /** Sees that a resource is on its way for each fiber that waits and for the minimum, as far as the limit allows. */
  private settle(): void {
    const { idle, line, nursery, parts } = this;
    if (nursery === null || this.closed) return;
    while (line.size > this.checking + this.creating && idle.length > 0) {
      const { resource } = idle.pop() as Idle;
      if (parts.check === null) {
        this.offer(resource);
      } else {
        this.checking++;
        nursery.spawn("check", () => this.checks(resource));
      }
    }
    while (
      this.size < parts.limit &&
      (line.size > this.checking + this.creating || this.size < parts.minimum)
    ) {
      this.creating++;
      nursery.spawn("create", () => this.creates());
    }
  }

  private *creates(): Routine<void> {
    let resource: unknown;
    try {
      resource = yield* call(this.parts.create);
    } catch (error) {
      this.creating--;
      // The fiber that has waited longest gets the error. The next in the line may have better luck.
      if (Cancelled.is(error) || !this.line.fail(error)) throw error;
      this.settle();
      return;
    }
    this.creating--;
    if (this.has(resource)) throw this.createdTwice();
    this.offer(resource);
  }

  private has(resource: unknown): boolean {
    return this.lent.has(resource) || this.idle.some((each) => each.resource === resource);
  }

  private createdTwice(): TypeError {
    return new TypeError(
      `create gave ${this.title} a resource that it has already: it has to make a new one each time`,
    );
  }

  private *checks(resource: unknown): Routine<void> {
    let fit = false;
    let over = false;
    try {
      fit = yield* call(
        this.parts.check as RoutineFunction<[unknown], boolean, any, any>,
        resource,
      );
      over = true;
    } catch (error) {
      if (Cancelled.is(error)) throw error;
      over = true; // that it fails says that the resource is unfit
    } finally {
      this.checking--;
      // Cut by the end of the pool, which then destroys what is idle.
      if (!over) this.idle.push({ resource, since: 0 });
    }
    if (fit) this.offer(resource);
    else this.destroy(resource);
    this.settle();
  }

  private destroy(resource: unknown): void {
    if (this.closed) {
      this.idle.push({ resource, since: 0 }); // all that is idle is destroyed then
      return;
    }
    this.destroying++;
    (this.nursery as Scope).spawn("destroy", () => this.destroys(resource));
  }

  private *destroys(resource: unknown): Routine<void> {
    try {
      yield* shield(() => call(this.parts.destroy, resource));
    } finally {
      this.destroying--;
      this.settle();
    }
  }

  /** Creates the minimum, and starts the fiber in which everything else is done. */
  *open(): Routine<void> {
    const { minimum } = this.parts;
    const { host } = schedulerOf(currentTask() as Task);
    this.now = () => host.now();
    try {
      yield* scope(
        function* (this: PoolCore): Routine<void> {
          const creators: Spawned<void>[] = [];
          for (let n = 0; n < minimum; n++) {
            this.creating++;
            creators.push(spawn("create", () => this.creates()));
          }
          for (const creator of creators) yield* creator;
        }.bind(this),
      );
    } catch (error) {
      yield* this.destroyAll();
      throw error;
    }
    spawn("pool", () => this.keep());
    yield* this.ready.wait();
  }

  private *keep(): Routine<void> {
    yield* supervised(
      function* (this: PoolCore, nursery: Scope): Routine<void> {
        this.nursery = nursery;
        this.ready.set();
        try {
          for (;;) yield* this.expire();
        } finally {
          this.closed = true;
          while (this.line.fail(this.isClosed()));
        }
      }.bind(this),
    );
  }

  /** Destroys what has been idle for too long, and waits for the next. */
  private *expire(): Routine<void> {
    const { idle, parts, rest } = this;
    const [oldest] = idle;
    if (
      oldest === undefined ||
      parts.idleTime === Number.POSITIVE_INFINITY ||
      this.size <= parts.minimum
    ) {
      yield* rest.wait();
      return;
    }
    const left = oldest.since + parts.idleTime - this.now();
    if (left > 0) {
      yield* sleep(left);
      return;
    }
    idle.shift();
    this.destroy(oldest.resource);
  }

  /** The end of the pool: also of what somebody has acquired and not given back. Each is tried. */
  *destroyAll(): Routine<void> {
    const all = [...this.idle.splice(0), ...this.lent.values()];
    this.lent.clear();
    const { destroy } = this.parts;
    yield* scope(function* (): Routine<void> {
      const destroyers = all.map(({ resource }) =>
        spawn("destroy", () => shield(() => call(destroy, resource))),
      );
      for (const destroyer of destroyers) yield* destroyer;
    });
  }
}

const LABEL: Label = { name: "pool.with" };
