/** A call, in the worker that runs it. */
import type { TransferListItem } from "node:worker_threads";
import { Cancelled, Channel, moveOnAfter, type Routine, scope, shield, type Spawned } from "fibril";
import { calling } from "fibril/extend";
import { pack } from "./errors.js";
import { Inflow, Outflow } from "./flow.js";
import {
  END,
  type End,
  FLOW,
  type Flow,
  type FlowPlace,
  type FlowStep,
  type How,
  type Left,
  type Start,
} from "./protocol.js";
import { setContexts } from "./shared-context.js";
import { listOf } from "./transfer.js";
import { culprit, itemRefusal } from "./uncloneable.js";
import type { WorkerSide } from "./worker.js";

/** In place of a result, when the deadline has passed. */
const PASSED: unique symbol = Symbol("fibril.passed");

const NO_FLOWS: ReadonlyMap<number, Inflow | Outflow> = new Map();

export class Job {
  readonly #side: WorkerSide;
  readonly #message: Start;
  readonly #name: string;
  #flows: ReadonlyMap<number, Inflow | Outflow>;
  #fiber: Spawned<void> | null;
  /** What it fails with, however it ends. */
  #fault: unknown;

  constructor(side: WorkerSide, message: Start) {
    this.#side = side;
    this.#message = message;
    this.#name = side.nameOf(message[2]);
    this.#flows = NO_FLOWS;
    this.#fiber = null;
    this.#fault = undefined;
  }

  start(): void {
    const [, , , args, more] = this.#message;
    const flows = more?.flows;
    const whole = flows === undefined ? args : this.#cross(args, flows);
    this.#fiber = this.#side.scope.spawn(this.#name, () => this.#run(whole));
  }

  cancel(reason: unknown): void {
    void this.#fiber?.cancel(reason);
  }

  hears(flow: number, step: FlowStep): void {
    this.#flows.get(flow)?.hears(step);
  }

  *#run(args: readonly unknown[]): Routine<void> {
    const [, id, routine, , more] = this.#message;
    const side = this.#side;
    let how: How = "cancelled";
    let value: unknown = "it was killed";
    try {
      if (more?.contexts !== undefined) setContexts(more.contexts);
      const work = side.found(routine) ?? (yield* side.load(routine));
      if (more?.left === undefined) {
        // What it has spawned belongs to it, and ends before it.
        value = yield* scope(() => calling(work, ...args));
        how = "returned";
      } else {
        value = yield* moveOnAfter(more.left, () => calling(work, ...args), PASSED);
        how = value === PASSED ? "deadline" : "returned";
        if (value === PASSED) value = undefined;
      }
    } catch (error) {
      if (error instanceof Cancelled) {
        how = "cancelled";
        value = error.message;
      } else {
        how = "failed";
        value = pack(error, `\n    in "${this.#name}" of ${side.what}`);
      }
    } finally {
      let left: Left[] | undefined;
      if (this.#flows.size > 0) left = yield* shield(() => this.#finish());
      if (this.#fault !== undefined) {
        how = "failed";
        value = pack(this.#fault, "");
      }
      this.#end(left === undefined ? [END, id, how, value] : [END, id, how, value, left]);
    }
  }

  #end(message: End): void {
    const [, id, , value, left] = message;
    const { jobs, outbox } = this.#side;
    let list = listOf(value);
    for (const { moved } of left ?? []) {
      for (const [, item] of moved) list = [...(list ?? []), ...(item.list ?? [])];
    }
    jobs.delete(id);
    outbox.post(message, list, jobs.size === 0);
  }

  /** Gives the routine halves of channels of this thread. */
  #cross(args: readonly unknown[], places: readonly FlowPlace[]): unknown[] {
    const whole = Array.from(args);
    const flows = new Map<number, Inflow | Outflow>();
    for (const { argument, flow, inward } of places) {
      const { outbox, scope } = this.#side;
      const channel = new Channel<unknown>(0, {
        name: `argument ${argument + 1} of ${this.#name}`,
      });
      const post = (step: FlowStep, list?: readonly TransferListItem[]): void =>
        outbox.post([FLOW, flow, step], list);
      whole[argument] = inward ? channel.receiver() : channel.sender();
      flows.set(
        flow,
        inward
          ? new Inflow(channel.sender(), scope, post)
          : new Outflow(channel.receiver(), scope, post),
      );
      this.#side.flows.set(flow, this);
    }
    this.#flows = flows;
    return whole;
  }

  *#finish(): Routine<Left[]> {
    const left: Left[] = [];
    for (const [id, flow] of this.#flows) {
      if (flow instanceof Inflow) left.push(yield* flow.left(id));
      else yield* flow.finish();
    }
    // Then it is known whether all messages could be sent.
    this.#side.outbox.flush();
    for (const id of this.#flows.keys()) this.#side.flows.delete(id);
    return left;
  }

  /** A message of a channel cannot be cloned: the other side would miss it. */
  refuses([, flow, step]: Flow, cause: unknown): void {
    if (step.does !== "item") return;
    const out = this.#flows.get(flow);
    if (out instanceof Outflow) out.refuses(step.item);
    this.#fault ??= itemRefusal(this.#name, step.item, cause);
    this.cancel("a message cannot be sent");
  }

  /** A result cannot be cloned. */
  static refusesEnd({ outbox, what }: WorkerSide, message: End, cause: unknown): void {
    const [, id, how, value, left] = message;
    const without = left?.map((each) => ({ ...each, moved: [] })) ?? [];
    if (how !== "returned") return outbox.post([END, id, how, value, without]);
    const text = `the result cannot be sent back: ${culprit(value, listOf(value))}`;
    const error = new TypeError(text, { cause });
    outbox.post([END, id, "failed", pack(error, `\n    in ${what}`), without]);
  }
}
