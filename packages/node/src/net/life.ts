/**
 * The life of a server: it listens until it is asked to close, drains, cancels what is left, and at last destroys the
 * sockets. The fiber that lives it is a child of the scope in which the server was opened.
 */
import {
  daemon,
  type Deadline,
  defer,
  moveOnAfter,
  type Routine,
  type Scope,
  scope,
  shield,
  sleep,
  spawn,
  type Spawned,
  supervised,
  suspend,
} from "fibril";
import { checkOptions, MILLISECONDS, type Rules } from "fibril/extend";

/** Where a server is in its life: it goes from each of these to the next. */
export type ServerState = "listening" | "draining" | "cancelling" | "destroying" | "closed";

/** Options of `server.close`. */
export interface CloseOptions {
  /** Milliseconds for the handlers to finish before they are cancelled. The server's own option by default. */
  readonly grace?: number | undefined;
  /** Milliseconds for their clean-up after that, before the sockets are destroyed. 1,000 by default. */
  readonly cleanUp?: number | undefined;
}

const CLOSE_RULES: Rules<CloseOptions> = { grace: MILLISECONDS, cleanUp: MILLISECONDS };

/** What a kind of server does at each stage. */
export interface Stages {
  /** The scope of the handlers is open. */
  open(handlers: Scope): void;
  /** Accepts nothing new. May wait. */
  stop(): Routine<void>;
  /** Waits until nothing is left. */
  drained(): Routine<void>;
  /** Destroys what is left. */
  destroy(): void;
}

export class Life {
  readonly #stages: Stages;
  readonly #grace: number;
  #state: ServerState;
  #asked: Required<{ grace: number; cleanUp: number }> | null;
  #deadline: Deadline | null;
  #wake: () => void;
  #release: () => void;
  #handlers: Scope | null;
  #fiber: Spawned<void> | null;

  constructor(stages: Stages, grace: number) {
    this.#stages = stages;
    this.#grace = grace;
    this.#state = "listening";
    this.#asked = null;
    this.#deadline = null;
    this.#wake = this.#release = () => {};
    this.#handlers = null;
    this.#fiber = null;
  }

  get state(): ServerState {
    return this.#state;
  }

  /** Starts it in the innermost scope of the running fiber. */
  start(name: string): void {
    this.#fiber = spawn(name, live, this);
    // A grace may end before that fiber has begun.
    defer(() => {
      if (this.#state !== "closed") this.#stages.destroy();
    });
  }

  /** Asks for the close and waits for it. A later call may shorten the grace, never lengthen it. */
  *close(options: CloseOptions): Routine<void> {
    this.ask(options);
    if (this.#fiber !== null) yield* this.#fiber;
  }

  ask(options: CloseOptions): void {
    checkOptions("server.close", options, CLOSE_RULES);
    const { grace = this.#grace, cleanUp = 1_000 } = options;
    const asked = this.#asked;
    this.#asked = {
      grace: Math.min(grace, asked?.grace ?? grace),
      cleanUp: Math.min(cleanUp, asked?.cleanUp ?? cleanUp),
    };
    const deadline = this.#deadline;
    if (deadline !== null && this.#state === "draining" && grace < deadline.remaining) {
      deadline.reset(grace);
    }
    this.#wake();
  }

  /** Everything that a request to end from outside does not reach: it only asks the server to close. */
  *main(): Routine<void> {
    const stages = this.#stages;
    try {
      const handlers = spawn("handlers", serve, this);
      yield* suspend("the server to be closed", (wake) => {
        this.#wake = wake;
        if (this.#asked !== null) wake();
      });
      this.#state = "draining";
      yield* stages.stop();
      yield* moveOnAfter(this.#asked?.grace ?? 0, (deadline) => {
        this.#deadline = deadline;
        return stages.drained();
      });
      this.#state = "cancelling";
      this.#handlers?.cancel("the server closes");
      this.#release();
      yield* moveOnAfter(this.#asked?.cleanUp ?? 0, function* () {
        yield* handlers;
      });
      this.#state = "destroying";
      stages.destroy();
      yield* handlers;
    } finally {
      stages.destroy();
      this.#state = "closed";
    }
  }

  *handlers(): Routine<void> {
    yield* supervised((handlers) => {
      this.#handlers = handlers;
      this.#stages.open(handlers);
      return suspend("the server to be closed", (wake) => {
        this.#release = wake;
        if (this.#state !== "listening" && this.#state !== "draining") wake();
      });
    });
  }
}

function* live(life: Life): Routine<void> {
  yield* scope(function* () {
    daemon("watches for a request to end", watch, life);
    yield* shield(() => life.main());
  });
}

function* serve(life: Life): Routine<void> {
  yield* life.handlers();
}

/** A daemon is asked to end when its scope is, and also when the rest of the scope has ended. */
function* watch(life: Life): Routine<void> {
  try {
    yield* sleep(Number.POSITIVE_INFINITY);
  } finally {
    life.ask({});
  }
}
