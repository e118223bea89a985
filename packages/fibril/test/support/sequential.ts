/** What channels and locks are without concurrency, for linearizable.ts. */
import type { Sequential, Span } from "./linearizable.ts";

export interface ChannelCall extends Span {
  readonly what: "send" | "receive" | "trySend" | "tryReceive" | "close";
  /**
   * `cut`: it was cancelled and has not happened. `perhaps`: it was killed or raised into, and may have happened.
   * `missed`: a `try` that did nothing.
   */
  readonly how: "done" | "closed" | "cut" | "perhaps" | "missed";
  /** What was sent, or received. */
  readonly value?: number | undefined;
}

export interface ChannelState {
  readonly buffer: readonly number[];
  readonly closed: boolean;
}

const isSend = ({ what }: ChannelCall): boolean => what === "send" || what === "trySend";
const isReceive = ({ what }: ChannelCall): boolean => what === "receive" || what === "tryReceive";
const happens = ({ how }: ChannelCall): boolean => how === "done" || how === "perhaps";

/** Lines are first come, first served: of two calls of a kind that are both open, the older takes effect first. */
function isOldest(call: ChannelCall, open: readonly ChannelCall[]): boolean {
  const same = isSend(call) ? isSend : isReceive;
  return open.every((each) => !same(each) || each.begun >= call.begun);
}

/** Somebody on the other side has waited since before this call. */
function isAwaited(call: ChannelCall, open: readonly ChannelCall[]): boolean {
  const other = isSend(call) ? isReceive : isSend;
  return open.some((each) => other(each) && each.begun < call.begun);
}

/** A channel is a bounded queue; with capacity 0, a send and a receive at one moment. */
export class SequentialChannel implements Sequential<ChannelCall, ChannelState> {
  readonly start: ChannelState = { buffer: [], closed: false };
  private readonly capacity: number;
  private readonly overflow: "wait" | "sliding" | "dropping";

  constructor(capacity: number, overflow: "wait" | "sliding" | "dropping" = "wait") {
    this.capacity = capacity;
    this.overflow = overflow;
  }

  key({ buffer, closed }: ChannelState): string {
    return `${buffer.join()} ${closed}`;
  }

  alone(
    state: ChannelState,
    call: ChannelCall,
    open: readonly ChannelCall[],
  ): readonly ChannelState[] {
    const { how, what } = call;
    if (what === "close") return [{ ...state, closed: true }];
    if (how === "cut") return [state];
    if (how === "closed") {
      return state.closed && (isSend(call) || state.buffer.length === 0) ? [state] : [];
    }
    if (how === "missed") {
      const { length } = state.buffer;
      const may = isSend(call) ? length >= this.capacity : length === 0;
      return may && !state.closed && !isAwaited(call, open) ? [state] : [];
    }
    const after = isOldest(call, open) ? this.effect(state, call) : [];
    return how === "perhaps" ? [state, ...after] : after;
  }

  together(
    state: ChannelState,
    one: ChannelCall,
    other: ChannelCall,
    open: readonly ChannelCall[],
  ): readonly ChannelState[] {
    if (this.capacity !== 0 || state.closed || !isSend(one) || !isReceive(other)) return [];
    if (!happens(one) || !happens(other)) return [];
    if (other.how === "done" && other.value !== one.value) return [];
    return isOldest(one, open) && isOldest(other, open) ? [state] : [];
  }

  private effect(state: ChannelState, call: ChannelCall): readonly ChannelState[] {
    const { buffer, closed } = state;
    if (isReceive(call)) {
      if (buffer.length === 0 || (call.how === "done" && call.value !== buffer[0])) return [];
      return [{ buffer: buffer.slice(1), closed }];
    }
    if (closed) return [];
    const value = call.value as number;
    if (buffer.length < this.capacity) return [{ buffer: [...buffer, value], closed }];
    if (this.overflow === "wait") return [];
    if (this.overflow === "dropping") return [state];
    return [{ buffer: [...buffer.slice(1), value], closed }];
  }
}

export interface PermitCall extends Span {
  /**
   * `cut`: an `acquire` that was ended before its fiber went on. It may have been given its permits before, and `back`, a
   * call of the same time, gives them back then.
   */
  readonly what: "acquire" | "try" | "release" | "cut" | "back" | "resize";
  /** How many permits; of `resize`, how many there are from then on. */
  readonly weight: number;
  /** Of a `try`: whether it got them. */
  readonly got: boolean;
}

export interface PermitState {
  readonly held: number;
  readonly limit: number;
  /** How many permits calls that were cut have, and will give back. */
  readonly owed: readonly number[];
}

/** A lock is a number of permits: a mutex has one, a reader takes one of many, a writer takes all. */
export class SequentialPermits implements Sequential<PermitCall, PermitState> {
  readonly start: PermitState;

  constructor(limit: number) {
    this.start = { held: 0, limit, owed: [] };
  }

  key({ held, limit, owed }: PermitState): string {
    return `${held} ${limit} ${owed.join()}`;
  }

  alone(state: PermitState, call: PermitCall, open: readonly PermitCall[]): readonly PermitState[] {
    const { got, weight, what } = call;
    const { held, limit, owed } = state;
    const fits = held + weight <= limit;
    const line = open.filter((each) => each.what === "acquire" || each.what === "cut");
    const isFirst = line.every((each) => each.begun >= call.begun);
    const taken: PermitState = { held: held + weight, limit, owed };
    switch (what) {
      case "cut": {
        const mayHave = fits && isFirst && open.some((each) => isBackOf(each, call));
        return mayHave ? [state, { ...taken, owed: [...owed, weight] }] : [state];
      }
      case "back": {
        const at = owed.indexOf(weight);
        if (at === -1 || open.some((each) => isBackOf(call, each))) return [state];
        return [{ held: held - weight, limit, owed: owed.toSpliced(at, 1) }];
      }
      case "release":
        return [{ held: held - weight, limit, owed }];
      case "resize":
        return [{ held, limit: weight, owed }];
      case "acquire":
        return fits && isFirst ? [taken] : [];
      default:
        if (got) return fits && isFirst ? [taken] : [];
        // It does not pass a fiber that waits, so it may miss permits that are free.
        return !fits || !isFirst ? [state] : [];
    }
  }
}

function isBackOf(one: PermitCall, cut: PermitCall): boolean {
  return one.what === "back" && cut.what === "cut" && one.begun === cut.begun;
}
