/** One run of `select`: its cases, and who stands in for the fiber at each of them. See select.ts. */
import {
  type AttemptKind,
  callUserCode,
  DELIVER,
  done,
  endWait,
  failed,
  lot,
  MISSED,
  type Op,
  schedulerOf,
  StandIn,
  takeOutcome,
  takeWait,
  type Task,
  type Wait,
  type WaitEnd,
  type WaitKind,
} from "../core/index.js";

/** What `select` may choose among: functions that give a wait, by name or in a list. */
export type Cases = Readonly<Record<string, () => Op<any>>> | readonly (() => Op<any>)[];

type Listed = readonly (() => unknown)[];
type Named = Readonly<Record<string, () => unknown>>;

/** How many waits a dump names. */
const NAMED = 8;

/** Waits in the fiber's stead for one of the cases: the one that was looked at as the n-th. */
class Case extends StandIn {
  readonly selection: Selection;
  readonly n: number;

  constructor(selection: Selection, n: number) {
    super(selection.task);
    this.selection = selection;
    this.n = n;
  }

  protected over(how: WaitEnd, value: unknown): void {
    this.selection.chosen(this.n, how, value);
  }
}

/** An end that came while the cases were still being looked at. */
interface Early {
  readonly n: number;
  readonly how: WaitEnd;
  readonly value: unknown;
}

/** What each case waits for, in the order in which they were looked at. */
class Looked {
  readonly kinds: (WaitKind | undefined)[] = [];
  readonly args: unknown[] = [];

  clear(): void {
    const { args, kinds } = this;
    for (let n = 0; n < kinds.length && kinds[n] !== undefined; n++) kinds[n] = args[n] = undefined;
  }
}

/** Lists for the next selection. Most selections do not wait, and so give back the lists that they took. */
let spare: Looked | null = null;

const NO_STAND_INS: Case[] = [];

export class Selection implements Wait {
  readonly task: Task;
  readonly since: number;
  private readonly cases: Cases;
  /** The names of the cases; null where they are a list. */
  private readonly names: readonly string[] | null;
  private readonly count: number;
  private readonly first: number;
  private readonly looked: Looked;
  private standIns: Case[];
  private early: Early | null;
  private parked: boolean;

  constructor(task: Task, cases: Cases, priority: boolean) {
    this.task = task;
    this.since = schedulerOf(task).time;
    this.cases = cases;
    this.names = Array.isArray(cases) ? null : Object.keys(cases);
    this.count = this.names === null ? (cases as readonly unknown[]).length : this.names.length;
    this.first = priority || this.count < 2 ? 0 : lot(task) % this.count;
    this.looked = spare ?? new Looked();
    spare = null;
    this.standIns = NO_STAND_INS;
    this.early = null;
    this.parked = false;
  }

  get what(): string {
    const waits: string[] = [];
    for (const standIn of this.standIns) {
      const waiting = standIn.waiting;
      if (waiting === undefined) continue;
      waits.push(typeof waiting === "function" ? "suspend(…)" : waiting.what);
    }
    const named = waits.slice(0, NAMED).join(", ");
    const more = waits.length - NAMED;
    return `the first of: ${named}${more > 0 ? ` and ${more} more` : ""}`;
  }

  get outside(): boolean {
    return this.standIns.some(
      (each) => typeof each.waiting === "function" || each.waiting?.outside === true,
    );
  }

  get suspended(): boolean {
    return this.standIns.some(
      (each) => typeof each.waiting === "function" || each.waiting?.suspended === true,
    );
  }

  /** Looks whether a case has its result at once: then that is in the registers. */
  looks(): boolean {
    const { cases, count, names } = this;
    const { args, kinds } = this.looked;
    let index = this.first;
    try {
      for (let n = 0; n < count; n++) {
        const found =
          names === null ? (cases as Listed)[index] : (cases as Named)[names[index] as string];
        if (typeof found !== "function") {
          throw new TypeError("a case of select is a function that gives a wait");
        }
        if (++index === count) index = 0;
        const kind = takeWait(found, args, n) as AttemptKind;
        kinds[n] = kind;
        if (this.early !== null) return this.takeEarly();
        if (kind.attempt !== undefined ? this.tries(n, kind) : this.begins(n, kind)) return true;
      }
      return false;
    } catch (error) {
      this.callOff(error);
      throw error;
    }
  }

  /**
   * Waits for all cases; answers whether one has its result after all. What can be attempted is looked at once
   * more, because the functions may have changed it; then no user's code runs until all stand in line, and so
   * no two of the cases can meet each other.
   */
  waits(): boolean {
    const { count } = this;
    const { args, kinds } = this.looked;
    try {
      for (let n = 0; n < count; n++) {
        const kind = kinds[n] as AttemptKind;
        if (kind.attempt !== undefined && this.tries(n, kind)) return true;
        if (this.early !== null) return this.takeEarly();
      }
    } catch (error) {
      this.callOff(error);
      throw error;
    }
    for (let n = 0; n < count; n++) {
      const kind = kinds[n] as AttemptKind;
      if (kind.attempt === undefined) continue;
      const standIn = new Case(this, n);
      this.add(standIn);
      standIn.stands(kind.enter(standIn as never, args[n]));
    }
    this.parked = true;
    return false;
  }

  /** A case has its result. Nothing can come to another one any more. */
  chosen(n: number, how: WaitEnd, value: unknown): void {
    if (!this.parked) {
      this.early ??= { n, how, value };
      return;
    }
    this.parked = false;
    this.callOffLoudly();
    endWait(this.task, how, how === DELIVER ? this.result(n, value) : value);
  }

  undo(error: unknown): void {
    this.parked = false;
    this.callOff(error);
  }

  /** Calls all off, and throws what the first did that threw. */
  callOff(error: unknown): void {
    let thrown: { readonly error: unknown } | null = null;
    // First what calls no user's code: such code could hand something to one that still stands in line.
    for (const standIn of this.standIns) {
      if (standIn.waits && this.isOwn(standIn)) standIn.callOff(error);
    }
    for (const standIn of this.standIns) {
      if (!standIn.waits) continue;
      try {
        callUserCode(() => standIn.callOff(error));
      } catch (failure) {
        thrown ??= { error: failure };
      }
    }
    if (thrown !== null) throw thrown.error;
  }

  /** The case that was chosen has its result, whatever becomes of the others. */
  private callOffLoudly(): void {
    try {
      this.callOff(undefined);
    } catch (error) {
      schedulerOf(this.task).unobserved(error);
    }
  }

  private isOwn({ n }: Case): boolean {
    return (this.looked.kinds[n] as AttemptKind).attempt !== undefined;
  }

  private tries(n: number, kind: AttemptKind): boolean {
    const { args } = this.looked;
    const value = kind.attempt(args[n]);
    if (value !== MISSED) return this.take(n, DELIVER, value);
    if (!kind.settled) return false;
    kind.enter(this.task, args[n]);
    const { how, value: given } = takeOutcome();
    return this.take(n, how, given);
  }

  private begins(n: number, kind: WaitKind): boolean {
    const standIn = new Case(this, n);
    this.add(standIn);
    const known = !standIn.begin(kind, this.looked.args[n]);
    if (this.early !== null) return this.takeEarly();
    if (!known) return false;
    const { how, value } = takeOutcome();
    return this.take(n, how, value);
  }

  private add(standIn: Case): void {
    if (this.standIns === NO_STAND_INS) this.standIns = [standIn];
    else this.standIns.push(standIn);
  }

  private takeEarly(): true {
    const { how, n, value } = this.early as Early;
    return this.take(n, how, value);
  }

  private take(n: number, how: WaitEnd, value: unknown): true {
    if (this.standIns.length !== 0) this.callOffLoudly();
    this.looked.clear();
    spare = this.looked;
    if (how === DELIVER) done(this.result(n, value));
    else failed(value);
    return true;
  }

  private result(n: number, value: unknown): unknown {
    const { names } = this;
    const index = (this.first + n) % this.count;
    return { key: names === null ? index : names[index], value };
  }
}
