/** One run of `select`: its cases, and who stands in for the fiber at each of them. See select.ts. */
import {
  aside,
  type AttemptKind,
  DELIVER,
  done,
  type Ended,
  endWait,
  failed,
  lot,
  MISSED,
  type Op,
  StandIn,
  takeOutcome,
  takeWait,
  type Task,
  type Wait,
  type WaitKind,
} from "../core/index.js";

/** What `select` may choose among: functions that give a wait, by name or in a list. */
export type Cases = Readonly<Record<string, () => Op<any>>> | readonly (() => Op<any>)[];

/** So many are named in a dump. */
const NAMED = 8;

/** Waits in the fiber's stead for one of the cases. */
class Case extends StandIn {
  readonly selection: Selection;
  readonly index: number;

  constructor(selection: Selection, index: number) {
    super(selection.task);
    this.selection = selection;
    this.index = index;
  }

  protected over(how: Ended, value: unknown): void {
    this.selection.chosen(this.index, how, value);
  }
}

/** An end that came while the cases were still being looked at. */
interface Early {
  readonly index: number;
  readonly how: Ended;
  readonly value: unknown;
}

export class Selection implements Wait {
  readonly task: Task;
  readonly since: number;
  private readonly cases: Cases;
  /** The names of the cases; null where they are a list. */
  private readonly names: readonly string[] | null;
  private readonly count: number;
  private readonly first: number;
  private readonly kinds: WaitKind[];
  private readonly args: unknown[];
  private readonly standIns: (Case | undefined)[];
  private early: Early | null;
  private parked: boolean;

  constructor(task: Task, cases: Cases, priority: boolean) {
    this.task = task;
    this.since = task._scope.scheduler.time;
    this.cases = cases;
    this.names = Array.isArray(cases) ? null : Object.keys(cases);
    this.count = this.names === null ? (cases as readonly unknown[]).length : this.names.length;
    this.first = priority || this.count < 2 ? 0 : lot(task) % this.count;
    this.kinds = [];
    this.args = [];
    this.standIns = [];
    this.early = null;
    this.parked = false;
  }

  get what(): string {
    const waits: string[] = [];
    for (const standIn of this.standIns) {
      const waiting = standIn?.waiting;
      if (waiting === undefined) continue;
      waits.push(typeof waiting === "function" ? "suspend(…)" : waiting.what);
    }
    const named = waits.slice(0, NAMED).join(", ");
    const more = waits.length - NAMED;
    return `the first of: ${named}${more > 0 ? ` and ${more} more` : ""}`;
  }

  get outside(): boolean {
    return this.standIns.some(
      (each) => typeof each?.waiting === "function" || each?.waiting?.outside === true,
    );
  }

  get suspended(): boolean {
    return this.standIns.some(
      (each) => typeof each?.waiting === "function" || each?.waiting?.suspended === true,
    );
  }

  /** Looks whether a case has its result at once: then that is in the registers. */
  looks(): boolean {
    const { args, count, kinds } = this;
    try {
      for (let n = 0; n < count; n++) {
        const index = this.at(n);
        takeWait(this.caseAt(index)(), kinds, args, index);
        if (this.early !== null) return this.takeEarly();
        const kind = kinds[index] as AttemptKind;
        if (kind.attempt !== undefined ? this.tries(index, kind) : this.begins(index, kind)) {
          return true;
        }
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
    const { args, count, kinds, standIns } = this;
    for (let n = 0; n < count; n++) {
      const index = this.at(n);
      const kind = kinds[index] as AttemptKind;
      if (kind.attempt !== undefined && this.tries(index, kind)) return true;
    }
    for (let index = 0; index < count; index++) {
      const kind = kinds[index] as AttemptKind;
      if (kind.attempt === undefined) continue;
      const standIn = (standIns[index] = new Case(this, index));
      standIn.stands(kind.enter(standIn as never, args[index]));
    }
    this.parked = true;
    return false;
  }

  /** A case has its result. Nothing can come to another one any more. */
  chosen(index: number, how: Ended, value: unknown): void {
    if (!this.parked) {
      this.early ??= { index, how, value };
      return;
    }
    this.parked = false;
    this.callOffLoudly();
    endWait(this.task, how, how === DELIVER ? this.result(index, value) : value);
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
      if (standIn?.waits === true && this.isOwn(standIn)) standIn.callOff(error);
    }
    for (const standIn of this.standIns) {
      if (standIn?.waits !== true) continue;
      try {
        aside(() => standIn.callOff(error));
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
      this.task._scope.scheduler.unobserved(error);
    }
  }

  private isOwn({ index }: Case): boolean {
    return (this.kinds[index] as AttemptKind).attempt !== undefined;
  }

  private at(n: number): number {
    const index = this.first + n;
    return index < this.count ? index : index - this.count;
  }

  private caseAt(index: number): () => unknown {
    const { cases, names } = this;
    const found = (cases as never)[names === null ? index : (names[index] as string)] as unknown;
    if (typeof found !== "function") {
      throw new TypeError("a case of select is a function that gives a wait");
    }
    return found as () => unknown;
  }

  private tries(index: number, kind: AttemptKind): boolean {
    const value = kind.attempt(this.args[index]);
    if (value !== MISSED) return this.take(index, DELIVER, value);
    if (!kind.settled) return false;
    kind.enter(this.task, this.args[index]);
    const { how, value: error } = takeOutcome();
    return this.take(index, how, error);
  }

  private begins(index: number, kind: WaitKind): boolean {
    const standIn = (this.standIns[index] = new Case(this, index));
    const known = !standIn.begin(kind, this.args[index]);
    if (this.early !== null) return this.takeEarly();
    if (!known) return false;
    const { how, value } = takeOutcome();
    return this.take(index, how, value);
  }

  private takeEarly(): true {
    const { how, index, value } = this.early as Early;
    return this.take(index, how, value);
  }

  private take(index: number, how: Ended, value: unknown): true {
    this.callOffLoudly();
    if (how === DELIVER) done(this.result(index, value));
    else failed(value);
    return true;
  }

  private result(index: number, value: unknown): unknown {
    const { names } = this;
    return { key: names === null ? index : names[index], value };
  }
}
