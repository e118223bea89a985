/** What runs in a worker thread: it takes calls from its pool, and runs each in a fiber of its own. */
import { workerData } from "node:worker_threads";
import { createScope, type CreatedScope, type Routine, until } from "fibril";
import { Job } from "./job.js";
import { routineIn, type Work } from "./module.js";
import { Outbox } from "./outbox.js";
import {
  CANCEL,
  CLOSE,
  DEFINE,
  type Define,
  END,
  FLOW,
  READY,
  type Settings,
  START,
  type ToPool,
  type ToWorker,
} from "./protocol.js";

export class WorkerSide {
  readonly what: string;
  readonly scope: CreatedScope;
  readonly jobs: Map<number, Job>;
  /** The calls to which the channels belong. */
  readonly flows: Map<number, Job>;
  readonly outbox: Outbox<ToPool>;
  readonly #defined: Map<number, Define>;
  readonly #loaded: Map<number, Work>;

  constructor({ port, what }: Settings) {
    this.what = what;
    this.scope = createScope({ name: "calls" });
    this.jobs = new Map();
    this.flows = new Map();
    this.#defined = new Map();
    this.#loaded = new Map();
    this.outbox = new Outbox<ToPool>(port, (message, error) => this.#refused(message, error));
    port.on("message", (messages: ToWorker[]) => {
      for (const message of messages) this.#hears(message);
    });
    port.on("messageerror", (error) => {
      // Nobody knows whose message it was: the thread ends, and its calls fail.
      throw error;
    });
    this.outbox.post([READY]);
  }

  /** The routine of a call, which may have to be loaded first. */
  found(routine: number): Work | undefined {
    return this.#loaded.get(routine);
  }

  *load(routine: number): Routine<Work> {
    const [, , module, name] = this.#defined.get(routine) as Define;
    const exports: Readonly<Record<string, unknown>> = yield* until(import(module));
    const work = routineIn(module, name, exports);
    this.#loaded.set(routine, work);
    return work;
  }

  nameOf(routine: number): string {
    return this.#defined.get(routine)?.[3] ?? "a call";
  }

  #hears(message: ToWorker): void {
    switch (message[0]) {
      case START: {
        const job = new Job(this, message);
        this.jobs.set(message[1], job);
        return job.start();
      }
      case CANCEL:
        return this.jobs.get(message[1])?.cancel(message[2]);
      case FLOW:
        return this.flows.get(message[1])?.hears(message[1], message[2]);
      case DEFINE:
        this.#defined.set(message[1], message);
        return;
      case CLOSE:
        // Listeners of the program's own do not keep a worker that nobody needs.
        void this.scope.close().finally(() => process.exit());
    }
  }

  #refused(message: ToPool, error: unknown): void {
    if (message[0] === FLOW) this.flows.get(message[1])?.refuses(message, error);
    else if (message[0] === END) Job.refusesEnd(this, message, error);
  }
}

// oxlint-disable-next-line no-new -- it lives as long as its listener
new WorkerSide(workerData as Settings);
