/**
 * Supervision of children that come and go while it runs. For a list that is known from the start there is
 * `supervise`. The strategies are those of Erlang/OTP, and its `simple_one_for_one` and `DynamicSupervisor`
 * are what this stands in for.
 */
import {
  ANYTHING,
  CALLBACK,
  Cancelled,
  checkOptions,
  MILLISECONDS,
  type NoYields,
  oneOf,
  type Op,
  routine,
  type Routine,
  type RoutineFunction,
  type Rules,
  type Spawned,
  textOf,
  tooManyRestarts,
  calling,
} from "../core/index.js";
import { now } from "../deadline.js";
import { type End, monitor } from "../monitor.js";
import { type Scope, supervised } from "../scope.js";
import { sleep } from "../sleep.js";
import type { SuperviseOptions } from "../supervise.js";
import { Schedule } from "./schedule.js";

/** What is done about the end of a child. `escalate` gives up: all are cancelled, and its error is thrown. */
export type Decision = "restart" | "stop" | "escalate";

/** Options of `supervisor`. */
export interface SupervisorOptions extends SuperviseOptions {
  /** Decides about each end, in place of `restart`. */
  readonly decide?: ((end: End, child: ChildInfo) => Decision) | undefined;
  /** How long to wait before a restart: at once by default. A schedule that gives up escalates. */
  readonly delay?: Schedule | undefined;
}

/** A child, as it is now. */
export interface ChildInfo {
  /** The name that it was started under. */
  readonly name: string;
  /** Its present fiber. */
  readonly fiber: Spawned<unknown>;
  /** How often it has been started again. */
  readonly restarts: number;
}

const RULES: Rules<SupervisorOptions> = {
  strategy: oneOf("one-for-one", "one-for-all", "rest-for-one"),
  restart: oneOf("always", "on-failure", "never"),
  intensity: ANYTHING,
  grace: MILLISECONDS,
  onRestart: CALLBACK,
  decide: CALLBACK,
  delay: { takes: "a schedule", holds: (value) => value instanceof Schedule },
};

type AnyRoutine = RoutineFunction<any, unknown, any, any>;

/**
 * Runs a block that starts and stops supervised children; results in what it returns, when all children have
 * ended and none is to be restarted.
 *
 * Suspends until then. Throws what the block throws, after all children have been cancelled; FiberError
 * (`intensity`) after too many restarts, with the last failure as its `cause`; the error of a child whose end
 * was escalated; Cancelled. A failure that nothing answers is reported to the host.
 *
 * ```ts
 * let attempts = 0;
 * yield* supervisor({ restart: "on-failure" }, function* (children) {
 *   children.start("flaky", function* () {
 *     if (++attempts < 3) throw new Error("not yet");
 *   });
 *   children.start("idle", () => sleep(Infinity));
 *   yield* children.stop("idle");
 * });
 * assert.equal(attempts, 3);
 * ```
 */
export function supervisor<Result, Yields = never>(
  options: SupervisorOptions,
  block: RoutineFunction<[children: Supervisor], Result, Yields, any> & NoYields<Yields>,
): Op<Result> {
  checkOptions("supervisor", options, RULES);
  if (typeof block !== "function") throw new TypeError("supervisor takes a generator function");
  return supervisorRoutine(options, block) as Op<Result>;
}

const supervisorRoutine = routine(
  "supervisor",
  function* (
    options: SupervisorOptions,
    block: RoutineFunction<[children: Supervisor], unknown, any, any>,
  ): Routine<unknown, never> {
    let children: Supervisor | undefined;
    const result = yield* supervised(function* (scope) {
      children = new Supervisor(scope, options);
      return yield* calling(block, children);
    });
    children?.check();
    return result;
  },
);

interface Child {
  readonly name: string;
  readonly begin: (scope: Scope) => Spawned<unknown>;
  readonly next: (failure: {
    error: unknown;
    attempt: number;
    elapsed: number;
  }) => number | undefined;
  readonly since: number;
  fiber: Spawned<unknown>;
  restarts: number;
  /** It is being ended on purpose: nobody answers that. */
  stopping: boolean;
}

/** The children of a supervisor, for the block that it runs. */
export class Supervisor {
  readonly #scope: Scope;
  readonly #options: SupervisorOptions;
  /** In the order of their first start. */
  readonly #children: Map<string, Child>;
  /** Ends that are to be answered, the oldest first. */
  readonly #ends: { readonly child: Child; readonly end: End }[];
  #answering: boolean;
  #restarts: number[];
  #failure: { readonly error: unknown } | undefined;

  /** @internal */
  constructor(scope: Scope, options: SupervisorOptions) {
    this.#scope = scope;
    this.#options = options;
    this.#children = new Map();
    this.#ends = [];
    this.#answering = false;
    this.#restarts = [];
    this.#failure = undefined;
  }

  /** @internal Throws what the supervisor has given up with. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** What there is: the children that have not ended for good, in the order of their first start. */
  children(): ChildInfo[] {
    return [...this.#children.values()].map(({ fiber, name, restarts }) => ({
      name,
      fiber,
      restarts,
    }));
  }

  /** One of them; undefined where there is none of that name. */
  get(name: string): ChildInfo | undefined {
    const child = this.#children.get(name);
    if (child === undefined) return undefined;
    return { name, fiber: child.fiber, restarts: child.restarts };
  }

  /**
   * Starts a child. Throws TypeError when there is one of that name; FiberError when the supervisor has
   * ended. A plain call.
   */
  start<Args extends readonly unknown[], Result, Yields = never>(
    name: string,
    work: RoutineFunction<Args, Result, Yields, any> & NoYields<Yields>,
    ...args: Args
  ): Spawned<Result> {
    if (typeof work !== "function") throw new TypeError("a child is a generator function");
    if (this.#children.has(name)) {
      throw new TypeError(`there is a child ${JSON.stringify(name)} already: stop it first`);
    }
    const begin = (scope: Scope): Spawned<unknown> =>
      scope.spawn(name, work as AnyRoutine, ...args);
    const child: Child = {
      name,
      begin,
      next: this.#options.delay?.begin() ?? (() => 0),
      since: now(),
      fiber: begin(this.#scope),
      restarts: 0,
      stopping: false,
    };
    this.#children.set(name, child);
    this.#watch(child);
    return child.fiber as Spawned<Result>;
  }

  /**
   * Ends a child for good, and waits for its clean-up; false where there is none of that name. Throws what
   * its clean-up throws, and Cancelled.
   */
  stop(name: string, reason?: unknown): Op<boolean> {
    return stopRoutine(this.#children.get(name), reason ?? "stopped", this.#grace, (child) => {
      this.#forget(child);
    });
  }

  /** Ends a child, waits for its clean-up, and starts it again. Otherwise as `stop`. */
  restart(name: string): Op<boolean> {
    return stopRoutine(this.#children.get(name), "restarted", this.#grace, (child) => {
      this.#startAgain(child);
    });
  }

  get #grace(): number {
    return this.#options.grace ?? Infinity;
  }

  #forget(child: Child): void {
    if (this.#has(child)) this.#children.delete(child.name);
  }

  #startAgain(child: Child): void {
    if (this.#scope.cancelled || !this.#has(child)) return;
    child.stopping = false;
    child.restarts++;
    child.fiber = child.begin(this.#scope);
    this.#watch(child);
  }

  #watch(child: Child): void {
    monitor(child.fiber, (end) => {
      if (child.stopping) return; // whoever stops it is told
      let decision: Decision = "stop";
      try {
        if (!this.#scope.cancelled) decision = this.#decide(child, end);
      } catch (error) {
        this.#giveUp(error);
      }
      if (decision === "stop") {
        this.#forget(child);
        // What a monitor throws goes to the host: nobody else is told of this one.
        if (end.ending === "failed") throw end.value;
      } else if (decision === "escalate") {
        this.#giveUp(end.value);
      } else {
        this.#ends.push({ child, end });
        // Begun here, while the child that has ended still keeps the scope open.
        if (!this.#answering) this.#scope.spawn("supervisor", () => this.#answerAll());
        this.#answering = true;
      }
    });
  }

  #decide(child: Child, end: End): Decision {
    const { decide, restart = "on-failure" } = this.#options;
    if (decide !== undefined) {
      const { fiber, name, restarts } = child;
      return decide(end, { name, fiber, restarts });
    }
    return restart === "always" || (restart === "on-failure" && end.ending === "failed")
      ? "restart"
      : "stop";
  }

  #giveUp(error: unknown): void {
    this.#failure ??= { error };
    this.#scope.cancel("the supervisor has given up");
  }

  *#answerAll(): Routine<void, never> {
    try {
      for (;;) {
        const next = this.#ends.shift();
        if (next === undefined) return;
        yield* this.#answer(next.child, next.end);
      }
    } catch (error) {
      if (Cancelled.is(error)) throw error;
      this.#giveUp(error); // of `delay` or `onRestart`
    } finally {
      this.#answering = false;
    }
  }

  *#answer(child: Child, end: End): Routine<void, never> {
    if (child.stopping || child.fiber !== end.fiber) return; // dealt with meanwhile
    const { intensity = INTENSITY, onRestart } = this.#options;
    const time = now();
    this.#restarts = this.#restarts.filter((at) => time - at < intensity.within);
    this.#restarts.push(time);
    if (this.#restarts.length > intensity.restarts) {
      const { restarts, within } = intensity;
      this.#giveUp(
        tooManyRestarts(child.name, end.ending, restarts, within, textOf(end.value), end.value),
      );
      return;
    }
    const attempt = child.restarts + 1;
    const delay = child.next({ error: end.value, attempt, elapsed: time - child.since });
    if (delay === undefined) {
      this.#giveUp(end.value);
      return;
    }
    if (delay > 0) yield* sleep(delay);
    if (child.stopping || child.fiber !== end.fiber || !this.#has(child)) return;
    onRestart?.(end);
    const others = this.#restartedWith(child).filter((each) => each !== child);
    for (const other of others.toReversed()) {
      yield* this.#stopWithOthers(other);
    }
    for (const each of this.#restartedWith(child)) this.#startAgain(each);
  }

  *#stopWithOthers(child: Child): Routine<void, never> {
    try {
      yield* stopRoutine(child, "restarted with others", this.#grace, () => {});
    } catch (error) {
      if (child.fiber.alive) throw error;
      // Nobody else is told of what its clean-up has thrown; in a supervised scope the host is.
      this.#scope.spawn("unanswered", (): never => {
        throw error;
      });
    }
  }

  #has(child: Child): boolean {
    return this.#children.get(child.name) === child;
  }

  #restartedWith(child: Child): readonly Child[] {
    const { strategy = "one-for-one" } = this.#options;
    if (strategy === "one-for-one") return [child];
    const all = [...this.#children.values()];
    return strategy === "one-for-all" ? all : all.slice(all.indexOf(child));
  }
}

const INTENSITY = { restarts: 3, within: 5000 };

const stopRoutine = routine(
  "supervisor.stop",
  function* (
    child: Child | undefined,
    reason: unknown,
    grace: number,
    then: (child: Child) => void,
  ): Routine<boolean, never> {
    if (child === undefined) return false;
    child.stopping = true;
    try {
      yield* child.fiber.cancel(reason, grace === Infinity ? {} : { grace });
    } finally {
      then(child);
    }
    return true;
  },
);
