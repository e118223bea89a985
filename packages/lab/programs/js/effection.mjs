/**
 * Effection's tasks. Only Effection resumes one, so the counters wait for what has already happened, and
 * Effection runs them in turn; a ring hands a number on, and each pass resolves what the next member waits
 * for.
 */
import { action, createScope, withResolvers } from "effection";
import { allMade, creating } from "#lab/runtimes/creation.js";
import { Round } from "#lab/runtimes/round.js";
import { inOrder } from "#lab/measuring/order.js";

const nothing = () => {};

/** Effection has no operation that only gives its turn away. This one waits, without a timer. */
const turn = () =>
  action((resolve) => {
    resolve();
    return nothing;
  });

function* member(self, end) {
  end.waiting++;
  for (;;) {
    const passed = (yield* self.token.operation) + 1;
    self.token = withResolvers();
    if (passed === end.limit) end.reached(passed);
    else self.next.token.resolve(passed);
  }
}

async function ring(size, order) {
  const [scope] = createScope();
  const end = { limit: 0, reached: undefined, waiting: 0 };
  const members = [];
  for (const _ of creating(size)) {
    const self = { token: withResolvers(), next: undefined };
    void scope.run(() => member(self, end));
    members.push(self);
  }
  await allMade(size, () => end.waiting);
  inOrder(members, order);
  for (const [index, self] of members.entries()) self.next = members[(index + 1) % size];
  let at = 0;
  return {
    run(count) {
      const first = members[at];
      at = (at + count) % size;
      return new Promise((resolve) => {
        end.limit = count;
        end.reached = resolve;
        first.token.resolve(0);
      });
    },
  };
}

/** Where the tasks wait that have reached the end of a slice. */
class Gate {
  shut = withResolvers();

  /** Lets the waiting tasks continue, and shuts behind them. */
  pass = () => {
    const { shut } = this;
    this.shut = withResolvers();
    shut.resolve();
  };
}

function* counter(round, gate) {
  yield* action((enter) => {
    round.entries.push(enter);
    return nothing;
  });
  for (let times = 1; ; times++) {
    round.answer(times);
    yield* times < round.until ? turn() : gate.shut.operation;
  }
}

async function counters(size, order) {
  const [scope] = createScope();
  const round = new Round();
  const gate = new Gate();
  for (const _ of creating(size)) void scope.run(() => counter(round, gate));
  await allMade(size, () => round.entries.length);
  return round.counters(order, gate.pass);
}

/** Native delegation: every turn walks all of the calls, and the native stack limits their number. */
function* descend(depth, round, gate) {
  yield* depth > 1 ? descend(depth - 1, round, gate) : counter(round, gate);
}

async function deep(depth) {
  const [scope] = createScope();
  const round = new Round();
  const gate = new Gate();
  const task = scope.run(() => descend(depth, round, gate));
  await Promise.race([task, allMade(1, () => round.entries.length)]);
  return round.counters("sequential", gate.pass);
}

export const runtime = { ring, counters, deep };
