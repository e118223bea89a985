/** One worker thread of a pool: what is sent to it, what it says, and how it ends. */
import {
  MessageChannel,
  receiveMessageOnPort,
  type MessagePort,
  Worker,
  type WorkerOptions,
} from "node:worker_threads";
import type { Receiver, Scope, Sender } from "fibril";
import { halfOf } from "fibril/extend";
import { LONGEST_TIMER } from "../net/options.js";
import type { Call, Runner } from "./call.js";
import { broken } from "./errors.js";
import { Inflow, Outflow, type PostStep } from "./flow.js";
import { Outbox } from "./outbox.js";
import {
  CANCEL,
  CLOSE,
  DEFINE,
  type Define,
  END,
  type End,
  FLOW,
  type FlowPlace,
  READY,
  type Settings,
  START,
  type Start,
  type ToPool,
  type ToWorker,
} from "./protocol.js";
import { itemRefusal } from "./uncloneable.js";

/** Whom a thread tells about itself. */
export interface Owner {
  readonly grace: number;
  /** Where the fibers of channels live. */
  readonly scope: Scope;
  ready(thread: Thread): void;
  /** A call has ended: there is room for another. */
  free(thread: Thread): void;
  /** The thread is no more. `early` if it had never been ready. */
  gone(thread: Thread, error: Error, early: boolean): void;
}

type State = "starting" | "ready" | "closing" | "gone";

/** A call under way in a thread. */
interface Running {
  readonly call: Call;
  readonly flows: readonly [flow: number, Inflow | Outflow][];
  /** Runs out when the call has been cancelled and does not end. */
  timer: NodeJS.Timeout | undefined;
}

const ENTRY = new URL("./worker.js", import.meta.url);
const NO_FLOWS: Running["flows"] = [];

export class Thread implements Runner {
  readonly what: string;
  readonly calls: Map<number, Running>;
  /** Since when it is known to have nothing to do; 0 if that is not known. */
  idleSince: number;
  readonly #owner: Owner;
  readonly #worker: Worker;
  /** Of its own, because what a Worker itself posts and receives takes another step. */
  readonly #port: MessagePort;
  readonly #outbox: Outbox<ToWorker>;
  readonly #routines: Map<string, Define>;
  /** The one that was called last, which is mostly the next one too. */
  #last: Define | null;
  readonly #flows: Map<number, { readonly flow: Inflow | Outflow; readonly call: Call }>;
  #state: State;
  #lastCall: number;
  #lastFlow: number;
  #ref: boolean;
  /** Why it ends. */
  #error: Error | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(owner: Owner, what: string, options: WorkerOptions) {
    this.what = what;
    this.calls = new Map();
    this.idleSince = 0;
    this.#owner = owner;
    const { port1, port2 } = new MessageChannel();
    const workerData: Settings = { what, port: port2 };
    this.#worker = new Worker(ENTRY, { ...options, workerData, transferList: [port2] });
    this.#port = port1;
    this.#outbox = new Outbox(port1, (message, error) => this.#refused(message, error));
    this.#routines = new Map();
    this.#last = null;
    this.#flows = new Map();
    this.#state = "starting";
    this.#lastCall = this.#lastFlow = 0;
    this.#ref = true;
    this.#error = this.#timer = undefined;
    port1.on("message", (messages: ToPool[]) => {
      for (const message of messages) this.#hears(message);
    });
    port1.on("messageerror", (error) => this.terminate(error));
    this.#worker.on("error", (error) => {
      const text = `${what} was ended by an error outside of its calls: ${String(error)}`;
      this.#error ??= broken(text, "broken", error);
    });
    this.#worker.on("exit", (code) => this.#gone(code));
  }

  get state(): State {
    return this.#state;
  }

  /** Runs a call. */
  start(call: Call): void {
    const id = ++this.#lastCall;
    const { args, contexts, deadline, list } = call;
    const routine = this.#routineOf(call);
    const flows: [number, Inflow | Outflow][] = [];
    const places = call.crosses ? this.#cross(call, flows) : undefined;
    const sent = places === undefined ? args : withoutHalves(args);
    const alone = this.calls.size === 0;
    this.calls.set(id, { call, flows: places === undefined ? NO_FLOWS : flows, timer: undefined });
    call.runner = this;
    this.idleSince = 0;
    this.#hold();
    const left = deadline === undefined ? undefined : Math.max(0, deadline - performance.now());
    const more = places !== undefined || left !== undefined || contexts !== undefined;
    const message: Start = more
      ? [START, id, routine, sent, { flows: places, left, contexts }]
      : [START, id, routine, sent];
    this.#outbox.post(message, list, alone);
  }

  cancel(of: Call, reason: unknown): void {
    for (const [id, running] of this.calls) {
      if (running.call !== of || running.timer !== undefined) continue;
      this.#outbox.post([CANCEL, id, reason]);
      const { grace } = this.#owner;
      if (grace > LONGEST_TIMER) return;
      running.timer = setTimeout(() => {
        const text = `${this.what} was terminated: "${of.name}" had not ended ${grace} ms after it was cancelled`;
        this.terminate(broken(text));
      }, grace);
    }
  }

  /** Lets it end when no call is under way. */
  close(): void {
    if (this.#state === "gone" || this.#state === "closing") return;
    const early = this.#state === "starting";
    this.#state = "closing";
    if (early) return this.terminate(broken(`${this.what} was closed`));
    this.#hold();
    this.#outbox.post([CLOSE]);
    // Listeners of the thread's own may keep it from ending.
    this.#timer = setTimeout(() => this.terminate(broken(`${this.what} was closed`)), 1_000);
  }

  terminate(error: Error): void {
    this.#error ??= error;
    if (this.#state !== "gone") void this.#worker.terminate();
  }

  /** It does not keep the process alive while it has nothing to do. */
  rest(): void {
    if (!this.#ref || this.calls.size > 0 || this.#state !== "ready") return;
    this.#ref = false;
    this.#worker.unref();
    this.#port.unref();
  }

  #hold(): void {
    if (this.#ref) return;
    this.#ref = true;
    this.#worker.ref();
    this.#port.ref();
  }

  #hears(message: ToPool): void {
    switch (message[0]) {
      case END:
        return this.#ended(message);
      case FLOW:
        return this.#flows.get(message[1])?.flow.hears(message[2]);
      case READY:
        if (this.#state !== "starting") return;
        this.#state = "ready";
        this.#owner.ready(this);
    }
  }

  #ended([, id, how, value, left]: End): void {
    const running = this.#take(id);
    if (running === undefined) return;
    for (const [flow, each] of running.flows) {
      if (each instanceof Outflow) each.over(left?.find((of) => of.flow === flow));
    }
    running.call.ended(how, value);
    this.#owner.free(this);
  }

  #take(id: number): Running | undefined {
    const running = this.calls.get(id);
    if (running === undefined) return undefined;
    this.calls.delete(id);
    if (running.timer !== undefined) clearTimeout(running.timer);
    for (const [flow] of running.flows) this.#flows.delete(flow);
    return running;
  }

  #gone(code: number): void {
    // Its last messages may still be on their way when its end is known.
    for (;;) {
      const rest = receiveMessageOnPort(this.#port);
      if (rest === undefined) break;
      for (const message of rest.message as ToPool[]) this.#hears(message);
    }
    this.#port.close();
    const early = this.#state === "starting";
    this.#state = "gone";
    clearTimeout(this.#timer);
    const error = this.#error ?? broken(`${this.what} has ended by itself, with exit code ${code}`);
    for (const [id, { call, flows }] of Array.from(this.calls)) {
      this.#take(id);
      for (const [, flow] of flows) if (flow instanceof Outflow) flow.over(undefined);
      const text = `"${call.name}" was lost: ${error.message}`;
      call.breaks(broken(text, "broken", error.cause ?? error));
    }
    this.#owner.gone(this, error, early);
  }

  #routineOf({ module, name }: Call): number {
    const last = this.#last;
    if (last !== null && last[3] === name && last[2] === module) return last[1];
    const key = `${module}\n${name}`;
    let known = this.#routines.get(key);
    if (known === undefined) {
      known = [DEFINE, this.#routines.size, module, name];
      this.#routines.set(key, known);
      this.#outbox.post(known);
    }
    this.#last = known;
    return known[1];
  }

  /** Has the messages of channels flow to the worker and from it. */
  #cross(call: Call, flows: [number, Inflow | Outflow][]): FlowPlace[] {
    const places: FlowPlace[] = [];
    for (const [argument, half] of call.args.entries()) {
      const kind = halfOf(half);
      if (kind === undefined) continue;
      const inward = kind === "receiver";
      const id = ++this.#lastFlow;
      const post: PostStep = (step, list) => this.#outbox.post([FLOW, id, step], list);
      const { scope } = this.#owner;
      const flow = inward
        ? new Outflow(half as Receiver<unknown>, scope, post)
        : new Inflow(half as Sender<unknown>, scope, post);
      if (flow instanceof Inflow) call.inflows.push(flow);
      this.#flows.set(id, { flow, call });
      flows.push([id, flow]);
      places.push({ flow: id, argument, inward });
    }
    return places;
  }

  /** A message cannot be cloned. */
  #refused(message: ToWorker, cause: unknown): void {
    if (message[0] === START) {
      const running = this.#take(message[1]);
      if (running === undefined) return;
      for (const [, flow] of running.flows) if (flow instanceof Outflow) flow.over(undefined);
      running.call.fails(running.call.refusal(cause));
      this.#owner.free(this);
    } else if (message[0] === CANCEL) {
      // Its text says as much as can be sent.
      this.#outbox.post([CANCEL, message[1], textOf(message[2])]);
    } else if (message[0] === FLOW) {
      const [, flow, step] = message;
      const at = this.#flows.get(flow);
      if (at === undefined || step.does !== "item") return;
      if (at.flow instanceof Outflow) at.flow.refuses(step.item);
      at.call.spoil(itemRefusal(at.call.name, step.item, cause));
    }
  }
}

function withoutHalves(args: readonly unknown[]): unknown[] {
  return args.map((arg) => (halfOf(arg) === undefined ? arg : undefined));
}

function textOf(reason: unknown): string {
  return reason instanceof Error
    ? reason.message
    : `a reason that cannot be sent (${typeof reason})`;
}
