/**
 * The host contexts (`AsyncLocalStorage`) of a scheduler's runs: a fiber sees the context in which its
 * `run` was called.
 *
 * As long as all runs have the same context, which in most programs is an empty one, the whole turn is
 * entered in it, at no noticeable cost. Once a run has a different context, the scheduler looks at every
 * task, and changes the context when the next task belongs to another run:
 *
 *     turn [ a a a ]                turn [ a a a │ b b │ a │ … ]          │ the context is changed
 *
 * A run with a context keeps it in a scope of its own, where the scopes within inherit it.
 */
import { addJoiner } from "../fiber/join.js";
import type { Ambient, Ambients } from "../kernel/host.js";
import { type Joiner, K, type TaskFields } from "../kernel/registers.js";
import type { ReadySet } from "../ready/ready-set.js";

export class Ambience {
  /** There are runs with different contexts. */
  mixed: boolean;
  private readonly ready: ReadySet<TaskFields>;
  /** Called when `mixed` has changed. */
  private readonly changed: () => void;
  private readonly ambients: Ambients;
  /** The context of all runs, if they share one. */
  private shared: Ambient | null;
  /** How many runs have a context in which something is set. */
  private set: number;
  /** The context that the running code is in. */
  private entered: Ambient | null;
  /** A task that was taken from the ready set, but belongs to another context. */
  private next: TaskFields | null;

  constructor(ready: ReadySet<TaskFields>, ambients: Ambients, changed: () => void) {
    this.ready = ready;
    this.changed = changed;
    this.ambients = ambients;
    this.mixed = false;
    this.shared = null;
    this.set = 0;
    this.entered = null;
    this.next = null;
  }

  /** The first task of a run, which has just been spawned. */
  joined(task: TaskFields, turning: boolean): void {
    const { ready } = this;
    const like = this.mixed ? (K.task?._scope.ambient ?? null) : this.shared;
    const ambient = this.ambients.present(like);
    if (!turning && ready.live === 1) {
      this.shared = ambient;
      this.setMixed(false);
    } else if (ambient !== this.shared) {
      this.shared = null;
      this.setMixed(true);
    }
    // The present round may not look at contexts yet, so the task begins in the next one.
    if (turning && ambient !== this.entered) {
      ready.remove(task);
      ready.add(task);
    }
    if (ambient === null) return;
    task._scope.ownOf(task).ambient = ambient;
    this.set++;
    addJoiner(task, new Leaving(this));
  }

  left(): void {
    this.set--;
  }

  /** No run is left. */
  clear(): void {
    this.shared = null;
    this.setMixed(false);
  }

  /** Runs a turn in the context that all runs share. */
  enter(turn: () => void): void {
    if (this.mixed && this.set === 0) this.clear();
    this.entered = this.shared;
    this.ambients.enter(this.shared, turn);
    this.entered = null;
  }

  /** `alike` runs tasks until one belongs to another context. It is called again, in that context, from there on. */
  sweep(alike: () => void): void {
    const { entered } = this;
    alike();
    while (this.next !== null) {
      const { ambient } = this.next._scope;
      this.entered = ambient;
      if (ambient === entered) alike();
      else this.ambients.enter(ambient, alike);
    }
    this.entered = entered;
  }

  /** Whether a task belongs to another context than the present one. If so, `take` returns it next. */
  differs(task: TaskFields): boolean {
    if (!this.mixed || task._scope.ambient === this.entered) return false;
    this.next = task;
    return true;
  }

  take(): TaskFields | null {
    const { next } = this;
    this.next = null;
    return next;
  }

  private setMixed(mixed: boolean): void {
    if (this.mixed === mixed) return;
    this.mixed = mixed;
    this.changed();
  }
}

class Leaving implements Joiner {
  next: Joiner | null = null;
  before: Joiner | null = null;
  last: Joiner = this;
  readonly passive = true;
  private readonly ambience: Ambience;

  constructor(ambience: Ambience) {
    this.ambience = ambience;
  }

  ended(): void {
    this.ambience.left();
  }
}
