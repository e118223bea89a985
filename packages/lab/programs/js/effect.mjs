/**
 * Effect's fibers. Only Effect's scheduler resumes one, so the counters yield to it, and it runs them in
 * turn; a ring passes a number from queue to queue. (With a `Deferred` for each pass, fibers end after
 * about a thousand passes that wake one another.)
 */
import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import * as Queue from "effect/Queue";
import { allMade, creating } from "#lab/runtimes/creation.js";
import { Round } from "#lab/runtimes/round.js";
import { inOrder } from "#lab/measuring/order.js";

/** Forks a fiber and runs it up to where it waits. */
const fork = (body) => Effect.runSync(Effect.forkDetach(body, { startImmediately: true }));

const member = (self, end) =>
  Effect.gen(function* () {
    for (;;) {
      const passed = (yield* Queue.take(self.inbox)) + 1;
      if (passed === end.limit) end.reached(passed);
      else yield* Queue.offer(self.next.inbox, passed);
    }
  });

function ring(size, order) {
  const end = { limit: 0, reached: undefined };
  const members = [];
  for (const _ of creating(size)) {
    const self = { inbox: Effect.runSync(Queue.unbounded()), next: undefined };
    fork(member(self, end));
    members.push(self);
  }
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
        Queue.offerUnsafe(first.inbox, 0);
      });
    },
  };
}

/** Where the tasks wait that have reached the end of a slice. */
class Gate {
  shut = Deferred.makeUnsafe();

  /** Lets the waiting tasks continue, and shuts behind them. */
  pass = () => {
    const { shut } = this;
    this.shut = Deferred.makeUnsafe();
    Deferred.doneUnsafe(shut, Effect.void);
  };
}

const counter = (round, gate) =>
  Effect.gen(function* () {
    yield* Effect.callback((resume) => {
      round.entries.push(() => resume(Effect.void));
    });
    for (let times = 1; ; times++) {
      round.answer(times);
      yield* times < round.until ? Effect.yieldNow : Deferred.await(gate.shut);
    }
  });

async function counters(size, order) {
  const round = new Round();
  const gate = new Gate();
  for (const _ of creating(size)) fork(counter(round, gate));
  await allMade(size, () => round.entries.length);
  return round.counters(order, gate.pass);
}

/** Effect keeps the calls on its own stack. */
const descend = (depth, round, gate) =>
  Effect.gen(function* () {
    yield* depth > 1 ? descend(depth - 1, round, gate) : counter(round, gate);
  });

async function deep(depth) {
  const round = new Round();
  const gate = new Gate();
  fork(descend(depth, round, gate));
  // It gives its turn away on the way down.
  await allMade(1, () => round.entries.length);
  return round.counters("sequential", gate.pass);
}

export const runtime = { ring, counters, deep };
