/**
 * Supervision: fibers that are restarted when they end. The idea, the strategies and the limit on restarts
 * are Erlang/OTP's; restarting in place comes from Polyphony.
 */
import {
  ANYTHING,
  CALLBACK,
  checkOptions,
  checkpoint,
  checkValue,
  kindOf,
  MILLISECONDS,
  oneOf,
  type Op,
  routine,
  type Routine,
  type RoutineFunction,
  type Rules,
  type Spawned,
  suspend,
  textOf,
  tooManyRestarts,
} from "./core/index.js";
import { now } from "./deadline.js";
import { type End, monitor } from "./monitor.js";
import { type Scope, supervised } from "./scope.js";

/** What a supervisor starts and restarts: a routine, or a list of a name, a routine and its arguments. */
export type SupervisedChild =
  | RoutineFunction<[], unknown, any, any>
  | readonly [name: string, routine: RoutineFunction<any, unknown, any, any>, ...args: any[]];

/** The same child, with the arguments that its routine takes. */
export type CheckedChild<Child> = Child extends readonly [
  string,
  infer Work extends (...args: any) => unknown,
  ...unknown[],
]
  ? readonly [name: string, routine: Work, ...args: Parameters<Work>]
  : Child;

/** Options of `supervise`. */
export interface SuperviseOptions {
  /**
   * Which children are restarted when one is: that child alone (`one-for-one`, the default); all
   * (`one-for-all`); that child and those after it in the list (`rest-for-one`). Those that still run are
   * first cancelled and waited for, the last one first. Those that had returned are started again too.
   */
  readonly strategy?: "one-for-one" | "one-for-all" | "rest-for-one" | undefined;
  /**
   * Which ends of a child lead to a restart: failures (`on-failure`, the default); every end (`always`),
   * also when other code cancelled or killed the child; none (`never`), so that a failure is only reported
   * to the host.
   */
  readonly restart?: "always" | "on-failure" | "never" | undefined;
  /** The number of restarts allowed within a number of milliseconds: 3 within 5,000 by default. */
  readonly intensity?: Intensity | undefined;
  /** Milliseconds that a child has for its clean-up when it is cancelled for a restart; no limit by default. */
  readonly grace?: number | undefined;
  /** Called with every end that leads to a restart, before the restart: for logs. */
  readonly onRestart?: ((end: End) => void) | undefined;
}

interface Intensity {
  readonly restarts: number;
  readonly within: number;
}

const RULES: Rules<SuperviseOptions> = {
  strategy: oneOf("one-for-one", "one-for-all", "rest-for-one"),
  restart: oneOf("always", "on-failure", "never"),
  intensity: ANYTHING,
  grace: MILLISECONDS,
  onRestart: CALLBACK,
};

const INTENSITY_RULES: Rules<Intensity> = {
  restarts: { ...MILLISECONDS, takes: "a number from 0 to Infinity" },
  within: MILLISECONDS,
};

/**
 * Runs children and restarts them as the strategy says. Returns when all have ended and none has to be
 * restarted.
 *
 * Suspends until then. Throws Cancelled. After too many restarts, cancels all children, waits for their
 * clean-up and throws FiberError (`intensity`), with the last failure as its `cause`. Throws TypeError or
 * RangeError at once for invalid children or options. What a child throws while it is cancelled for a
 * restart is reported to the host.
 *
 * ```ts
 * let attempts = 0;
 * yield* supervise([
 *   function* flaky() {
 *     if (++attempts < 3) throw new Error("not yet");
 *   },
 *   ["counter", function* (from: number) {
 *     for (let n = from; n > 0; n--) yield* yieldNow();
 *   }, 10],
 * ]);
 * assert.equal(attempts, 3);
 * ```
 */
export function supervise<Children extends readonly SupervisedChild[]>(
  children: Children & { readonly [Index in keyof Children]: CheckedChild<Children[Index]> },
  options: SuperviseOptions = {},
): Op<void> {
  if (!Array.isArray(children)) {
    throw new TypeError(`supervise takes a list of children, not ${kindOf(children)}`);
  }
  checkOptions("supervise", options, RULES);
  const { intensity = INTENSITY } = options;
  checkOptions("an intensity", intensity, INTENSITY_RULES);
  for (const name of ["restarts", "within"] as const) {
    checkValue(`the option ${name} of an intensity`, intensity[name], INTENSITY_RULES[name]);
  }
  return superviseRoutine((children as readonly SupervisedChild[]).map(parse), options) as Op<void>;
}

const INTENSITY: Intensity = { restarts: 3, within: 5000 };

const superviseRoutine = routine(
  "supervise",
  function* (children: readonly Child[], options: SuperviseOptions): Routine {
    yield* supervised(function* supervisor(block) {
      yield* new Supervisor(block, children, options).run();
    });
  },
);

/** A place in the list of children. Its fiber changes with each restart. */
interface Child {
  readonly start: (block: Scope) => Spawned<unknown>;
  fiber: Spawned<unknown> | undefined;
  /** How the fiber ended, until that has been handled. */
  end: End | undefined;
  /** It is being cancelled for a restart. */
  stopping: boolean;
}

type AnyRoutine = RoutineFunction<any, unknown, any, any>;

function parse(given: SupervisedChild): Child {
  const parts =
    typeof given === "function" ? [given.name, given] : Array.isArray(given) ? given : [];
  const [name, work, ...args] = parts as [string, AnyRoutine, ...unknown[]];
  if (typeof name !== "string" || typeof work !== "function") {
    throw new TypeError("a child of supervise is a generator function, or [name, function, …args]");
  }
  return {
    start: (block) => (name === "" ? block.spawn(work) : block.spawn(name, work, ...args)),
    fiber: undefined,
    end: undefined,
    stopping: false,
  };
}

class Supervisor {
  readonly #block: Scope;
  readonly #children: readonly Child[];
  readonly #options: SuperviseOptions;
  /** The times of the latest restarts. */
  #restarts: number[];
  #running: number;
  #wake: (() => void) | undefined;
  #over: boolean;

  constructor(block: Scope, children: readonly Child[], options: SuperviseOptions) {
    this.#block = block;
    this.#children = children;
    this.#options = options;
    this.#restarts = [];
    this.#running = 0;
    this.#wake = undefined;
    this.#over = false;
  }

  *run(): Routine {
    try {
      for (const child of this.#children) this.#start(child);
      for (;;) {
        const ended = this.#children.find(({ end }) => end !== undefined);
        if (ended !== undefined) yield* this.#answer(ended, ended.end as End);
        else if (this.#running === 0) return;
        else yield* this.#nextEnd();
      }
    } finally {
      this.#over = true;
      for (const { end } of this.#children) if (end?.ending === "failed") this.#report(end.value);
    }
  }

  /** Reports a failure that leads to no restart to the host, as a supervised scope does with any child's. */
  #report(error: unknown): void {
    this.#block.spawn("unanswered", (): never => {
      throw error;
    });
  }

  #start(child: Child): void {
    child.end = undefined;
    child.stopping = false;
    child.fiber = child.start(this.#block);
    this.#running++;
    monitor(child.fiber, (end) => {
      this.#running--;
      const over = this.#over || this.#block.cancelled || child.stopping;
      const answered = !over && this.#answers(end);
      if (answered) child.end = end;
      this.#wake?.();
      // What a monitor throws is reported to the host. No other code receives this error.
      if (end.ending === "failed" && !answered) throw end.value;
    });
  }

  #answers({ ending }: End): boolean {
    const { restart = "on-failure" } = this.#options;
    return restart === "always" || (restart === "on-failure" && ending === "failed");
  }

  #nextEnd(): Op<void> {
    const children = this.#running === 1 ? "its child" : `one of its ${this.#running} children`;
    return suspend(`${children} to end`, (wake) => {
      this.#wake = wake;
      return () => {
        this.#wake = undefined;
      };
    });
  }

  *#answer(ended: Child, end: End): Routine {
    checkpoint(); // if it was cancelled meanwhile, nothing is restarted
    ended.end = undefined;
    this.#count(end);
    this.#options.onRestart?.(end);
    const those = this.#restartedWith(ended);
    for (const child of those.toReversed()) yield* this.#stop(child);
    for (const child of those) this.#start(child);
  }

  /** Counts a restart, and gives up when there were too many lately. */
  #count(end: End): void {
    const { restarts, within } = this.#options.intensity ?? INTENSITY;
    const time = now();
    this.#restarts = this.#restarts.filter((at) => time - at < within);
    this.#restarts.push(time);
    if (this.#restarts.length > restarts) {
      throw tooManyRestarts(
        end.fiber.name,
        end.ending,
        restarts,
        within,
        textOf(end.value),
        end.value,
      );
    }
  }

  #restartedWith(ended: Child): readonly Child[] {
    const { strategy = "one-for-one" } = this.#options;
    if (strategy === "one-for-all") return this.#children;
    const place = this.#children.indexOf(ended);
    return this.#children.slice(place, strategy === "one-for-one" ? place + 1 : undefined);
  }

  *#stop(child: Child): Routine {
    const fiber = child.fiber as Spawned<unknown>;
    if (!fiber.alive) return;
    child.stopping = true;
    const { grace } = this.#options;
    try {
      yield* fiber.cancel("restarted with others", grace === undefined ? {} : { grace });
    } catch (error) {
      // The child's own error has gone to the host; what remains is this fiber being cancelled.
      if (fiber.alive) throw error;
    }
  }
}
