/** The holder of a lock, for errors and dumps, and what happens to the lock when its holder ends. */
import {
  addJoiner,
  currentTask,
  FiberError,
  hasEnded,
  type Joiner,
  labelOf,
  removeJoiner,
  type Task,
} from "../core/index.js";

/** The running fiber, which is going to hold the lock; plain code cannot. */
export function holderHere(call: string): Task {
  const task = currentTask();
  if (task !== null) return task;
  throw new FiberError(
    "outside",
    `${call} is for fibers that a scheduler runs, because a lock belongs to a fiber: ` +
      `use it in what run(…), main(…) or spawn(…) started`,
  );
}

export function alreadyHeld(title: string, task: Task): FiberError {
  return new FiberError(
    "already-held",
    `${labelOf(task)} holds ${title} already, and would wait for itself: ` +
      `a lock is taken once, by the outermost routine that needs it`,
  );
}

export function notHeld(call: string, title: string, task: Task | null, held: string): FiberError {
  const by = task === null ? "plain code" : labelOf(task);
  return new FiberError(
    "not-held",
    `${call} in ${by}, which does not hold ${title}: it is ${held}`,
  );
}

export function givenBackWithin(title: string): FiberError {
  return new FiberError(
    "not-held",
    `the routine of with(…) has released ${title} itself: with(…) does that at the routine's end`,
  );
}

export function abandoned(title: string, by: Task): FiberError {
  return new FiberError(
    "abandoned",
    `${labelOf(by)} has ended while it held ${title}, and what that protects may be half changed: ` +
      `use with(…), which releases in any case`,
  );
}

/** `held by fiber "a"`. */
export function heldBy(tasks: readonly Task[]): string {
  const [first] = tasks;
  if (first === undefined) return "free";
  const more = tasks.length === 1 ? "" : ` and ${tasks.length - 1} more`;
  const ended = hasEnded(first) ? ", which has ended" : "";
  return `held by ${labelOf(first)}${ended}${more}`;
}

/**
 * Tells a lock that the fiber that holds it has ended. Set only while a fiber waits, because a fiber that asks for
 * the lock later sees for itself that the holder has ended.
 */
export class Watch implements Joiner {
  next: Joiner | null = null;
  before: Joiner | null = null;
  last: Joiner = this;
  /** Whom it watches. */
  task: Task | null = null;
  private readonly lock: { abandonedBy(task: Task): void };

  constructor(lock: { abandonedBy(task: Task): void }) {
    this.lock = lock;
  }

  /** A failure still counts as unobserved: the lock is not told of the error. */
  get passive(): true {
    return true;
  }

  set(task: Task): void {
    if (this.task === task) return;
    this.clear();
    this.task = task;
    addJoiner(task, this);
  }

  clear(): void {
    const { task } = this;
    if (task === null) return;
    this.task = null;
    removeJoiner(task, this);
  }

  ended(task: Task): void {
    this.task = null;
    this.lock.abandonedBy(task);
  }
}
