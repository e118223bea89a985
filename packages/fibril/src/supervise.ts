/**
 * Supervision: fibers that are started again when they end. The idea, the strategies and the limit
 * are Erlang/OTP's; restarting in place is how Polyphony has it.
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

/** What a supervisor starts, and starts again: a routine, or its name, itself, and what it takes. */
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

export interface SuperviseOptions {
  /**
   * Who is restarted with a child: it alone (`one-for-one`, the default); all (`one-for-all`); it and
   * those after it in the list (`rest-for-one`). Those that still run are cancelled first, the last
   * first, and waited for; those that had returned are started again too.
   */
  readonly strategy?: "one-for-one" | "one-for-all" | "rest-for-one" | undefined;
  /**
   * Which ends are answered by a restart: failures (`on-failure`, the default); whatever ends it
   * (`always`), also being cancelled or killed by others; none (`never`): then a failure is only
   * reported to the host.
   */
  readonly restart?: "always" | "on-failure" | "never" | undefined;
  /** So many restarts within so many milliseconds are too few to give up: 3 within 5,000 by default. */
  readonly intensity?: Intensity | undefined;
  /** Milliseconds that a child has to clean up when it is cancelled for a restart; no end by default. */
  readonly grace?: number | undefined;
  /** Is told of every end that is answered by a restart, before it: for logs. */
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
 * Runs children and restarts them as the strategy says; results, in nothing, when all have ended and
 * none is to be restarted.
 *
 * Suspends until then. Throws FiberError (`intensity`) after too many restarts, with the last failure
 * as its `cause`, when all children have been cancelled and have cleaned up; and Cancelled; TypeError
 * or RangeError at once for children and options that are none. What a child throws while it is cancelled for a restart is reported to the host.
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

/** A place in the list: its fiber changes, the place stays. */
interface Child {
  readonly start: (block: Scope) => Spawned<unknown>;
  fiber: Spawned<unknown> | undefined;
  /** How the fiber has ended, until that is dealt with. */
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
  /** When the last restarts were. */
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

  /** A failure that nothing answers goes to the host, as one of any child of a supervised scope. */
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
      // What a monitor throws goes to the host: nobody else is told of this one.
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
    checkpoint(); // cancelled meanwhile: then nothing is restarted
    ended.end = undefined;
    this.#count(end);
    this.#options.onRestart?.(end);
    const those = this.#restartedWith(ended);
    for (const child of those.toReversed()) yield* this.#stop(child);
    for (const child of those) this.#start(child);
  }

  /** Gives up when there were too many of late. */
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
