/**
 * Decides whether a concurrent history is linearizable: whether its calls can be put in an order in which each takes
 * effect at one moment between its beginning and its end, and a sequential model gives the same results. The search is
 * Wing and Gong's (1993). It remembers dead ends, as Lowe does (2017).
 *
 * A rendezvous has no such order, because neither side can happen without the other. So a model may let two calls take
 * effect at the same moment (Hemed, Rinetzky and Vafeiadis, 2015).
 */

/** A call of a history. Its times are numbers that occur once in the history. */
export interface Span {
  readonly begun: number;
  readonly ended: number;
}

/** A sequential object. Its states are values: no method changes one. */
export interface Sequential<Call extends Span, State> {
  readonly start: State;
  /** The same text for the same state. */
  key(state: State): string;
  /**
   * The states that the object may be in after the call, none if the call cannot have had its result. `open` are the
   * calls that have begun and have not taken effect, this one included.
   */
  alone(state: State, call: Call, open: readonly Call[]): readonly State[];
  /** The same for two calls at one moment. */
  together?(state: State, one: Call, other: Call, open: readonly Call[]): readonly State[];
}

/** A set of calls is kept in the bits of one integer. */
const MOST_CALLS = 31;

export function isLinearizable<Call extends Span, State>(
  history: readonly Call[],
  model: Sequential<Call, State>,
): boolean {
  const count = history.length;
  if (count > MOST_CALLS) throw new RangeError(`${count} calls are more than ${MOST_CALLS}`);
  const all = 2 ** count - 1;
  const dead = new Set<string>();
  const search = (done: number, state: State): boolean => {
    if (done === all) return true;
    const key = `${done} ${model.key(state)}`;
    if (dead.has(key)) return false;
    const left: number[] = [];
    let earliest = Number.POSITIVE_INFINITY;
    for (let index = 0; index < count; index++) {
      if ((done & (1 << index)) !== 0) continue;
      left.push(index);
      earliest = Math.min(earliest, (history[index] as Call).ended);
    }
    // A call that begins after another has ended comes after it.
    const next = left.filter((index) => (history[index] as Call).begun < earliest);
    const open = next.map((index) => history[index] as Call);
    for (const [at, call] of open.entries()) {
      const with1 = done | (1 << (next[at] as number));
      for (const after of model.alone(state, call, open)) if (search(with1, after)) return true;
      if (model.together === undefined) continue;
      for (const [otherAt, other] of open.entries()) {
        if (otherAt === at) continue;
        const with2 = with1 | (1 << (next[otherAt] as number));
        for (const after of model.together(state, call, other, open)) {
          if (search(with2, after)) return true;
        }
      }
    }
    dead.add(key);
    return false;
  };
  return search(0, model.start);
}
