/** What channels are to do, in arrays and without fibers. */

/** What comes of one step of a fiber. */
export type Fate =
  | "waits"
  | "value"
  | "closed"
  | "broken"
  | "ended"
  | "cancelled"
  | "raised"
  | "killed";

/** What `next` gives at the end. */
export const NONE = "none";

/** One op of a fiber: a send or a receive, or a choice among several. */
export interface Step {
  readonly cases: readonly ModelCase[];
  /** A result names its case. */
  readonly chooses: boolean;
  fate: Fate;
  value: unknown;
}

export interface ModelCase {
  readonly kind: "send" | "receive" | "next";
  readonly channel: ModelChannel;
  readonly half: ModelHalf | undefined;
  readonly value: number;
}

export interface ModelHalf {
  readonly side: "sender" | "receiver";
  readonly channel: ModelChannel;
  closed: boolean;
}

/** A case of a step that waits. */
interface Entry {
  readonly step: Step;
  readonly index: number;
}

type Outcome = readonly [fate: Fate, value?: unknown];

export class ModelChannel {
  readonly capacity: number;
  readonly overflow: "wait" | "sliding" | "dropping";
  buffer: number[] = [];
  senders: Entry[] = [];
  receivers: Entry[] = [];
  dropped = 0;
  end: "closed" | "broken" | undefined;
  readonly open = { sender: 0, receiver: 0 };

  constructor(capacity: number, overflow: "wait" | "sliding" | "dropping") {
    this.capacity = capacity;
    this.overflow = overflow;
  }

  /** Undefined when it has to wait. */
  attempt({ half, kind, value }: ModelCase): Outcome | undefined {
    if (half?.closed === true) return ["closed"];
    if (kind === "send") {
      if (this.end !== undefined) return [this.end];
      return this.put(value) ? ["value", undefined] : undefined;
    }
    const taken = this.take();
    if (taken !== undefined) return ["value", taken];
    if (this.end === undefined) return undefined;
    return this.ends(kind);
  }

  ends(kind: ModelCase["kind"]): Outcome {
    if (kind === "send") return [this.end as "closed" | "broken"];
    if (this.end === "broken") return ["closed"];
    return kind === "next" ? ["value", NONE] : ["ended"];
  }

  put(value: number): boolean {
    const receiver = this.receivers[0];
    if (receiver !== undefined) {
      settle(receiver, ["value", value]);
      return true;
    }
    if (this.buffer.length < this.capacity) {
      this.buffer.push(value);
      return true;
    }
    if (this.overflow === "wait") return false;
    this.dropped++;
    if (this.overflow === "sliding") this.buffer = [...this.buffer.slice(1), value];
    return true;
  }

  take(): number | undefined {
    const [sender] = this.senders;
    const offered = sender === undefined ? undefined : caseOf(sender).value;
    if (sender !== undefined) settle(sender, ["value", undefined]);
    if (this.buffer.length === 0) return offered;
    const value = this.buffer.shift();
    if (offered !== undefined) this.buffer.push(offered);
    return value;
  }

  finish(end: "closed" | "broken"): void {
    if (end === "broken") this.buffer = [];
    if (this.end !== undefined) return;
    this.end = end;
    for (const entry of [...this.senders, ...this.receivers]) {
      // One step may stand in both lines.
      if (entry.step.fate === "waits") settle(entry, this.ends(caseOf(entry).kind));
    }
  }

  closeHalf(half: ModelHalf): void {
    if (half.closed) return;
    half.closed = true;
    const line = half.side === "sender" ? this.senders : this.receivers;
    for (const entry of line) {
      if (caseOf(entry).half === half && entry.step.fate === "waits") settle(entry, ["closed"]);
    }
    if (--this.open[half.side] > 0) return;
    this.finish(half.side === "sender" ? "closed" : "broken");
  }
}

function caseOf({ index, step }: Entry): ModelCase {
  return step.cases[index] as ModelCase;
}

/** The step begins: the first case that is ready is it, else all wait. */
export function begin(step: Step): void {
  for (const [index, each] of step.cases.entries()) {
    const outcome = each.channel.attempt(each);
    if (outcome === undefined) continue;
    settle({ step, index }, outcome);
    return;
  }
  for (const [index, each] of step.cases.entries()) {
    const line = each.kind === "send" ? each.channel.senders : each.channel.receivers;
    line.push({ step, index });
  }
}

function settle({ index, step }: Entry, [fate, value]: Outcome): void {
  leave(step);
  step.fate = fate;
  step.value = fate === "value" && step.chooses ? { key: index, value } : value;
}

/** It waits nowhere any more. */
export function leave(step: Step): void {
  for (const { channel } of step.cases) {
    channel.senders = channel.senders.filter((entry) => entry.step !== step);
    channel.receivers = channel.receivers.filter((entry) => entry.step !== step);
  }
}
