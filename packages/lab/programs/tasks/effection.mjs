/** Tasks of Effection. */
import { action, race, run, sleep, spawn as fork, withResolvers } from "effection";
import {
  each,
  inOrder,
  measure,
  n,
  startClock,
  total,
  unit,
  upTo,
  weight,
} from "#lab/tasks/bench.js";

const nothing = () => {};

/** Effection has no operation that only gives its turn away; this waits, without a timer. */
const turn = () =>
  action((resolve) => {
    resolve();
    return nothing;
  });

function* spawned(index) {
  yield* turn();
  return weight(index);
}

// oxlint-disable-next-line require-yield -- that is what is measured
function* spawnedAtOnce(index) {
  return weight(index);
}

const joined = (work) =>
  function* () {
    const tasks = [];
    for (const index of upTo(n)) tasks.push(yield* fork(() => work(index)));
    for (const task of tasks) unit(yield* task);
  };

function* node(first, leaves) {
  unit(leaves === 1 ? first : 0);
  if (leaves === 1) return first;
  const children = [];
  const share = leaves / 10;
  for (let child = 0; child < 10; child++) {
    children.push(yield* fork(() => node(first + child * share, share)));
  }
  let sum = 0;
  for (const child of children) sum += yield* child;
  return sum;
}

/** A tree of tasks, ten children a node, that adds up the numbers of its `n` leaves. */
function* skynet() {
  total(yield* node(0, n));
}

function* sleepers() {
  const tasks = [];
  for (const _ of upTo(n)) {
    tasks.push(
      yield* fork(function* () {
        yield* sleep(each * 1000);
        unit(1);
      }),
    );
  }
  for (const task of tasks) yield* task;
}

/** Starts a task for each gate, waits until all stand at theirs, and opens the gates. */
function* gated(task, ready, value) {
  const gates = [];
  const tasks = [];
  const all = withResolvers();
  let standing = 0;
  for (const _ of upTo(n)) {
    const gate = withResolvers();
    gates.push(gate);
    tasks.push(
      yield* fork(function* () {
        if (++standing === n) all.resolve();
        yield* task(gate.operation);
      }),
    );
  }
  yield* all.operation;
  ready(gates);
  for (const [index, gate] of gates.entries()) gate.resolve(value(index));
  for (const started of tasks) yield* started;
}

function* yielding(start) {
  yield* start;
  for (let times = 1; times <= each; times++) {
    unit(times);
    yield* turn();
  }
}

const begin = (gates) => {
  inOrder(gates);
  startClock();
};

function* yields() {
  yield* gated(yielding, begin, nothing);
}

function* waiting(given) {
  unit(yield* race([given, sleep(each * 1000)]));
}

/** One after the other, for work that ends in time. */
function* limits() {
  for (const index of upTo(n)) {
    unit(yield* race([spawnedAtOnce(index), sleep(each * 1000)]));
  }
}

/** Every task waits under a timeout of its own, and is given what it waits for. */
function* timeouts() {
  yield* gated(waiting, nothing, weight);
}

const workloads = {
  spawn: joined(spawned),
  "spawn-at-once": joined(spawnedAtOnce),
  skynet,
  sleep: sleepers,
  yield: yields,
  timeout: timeouts,
  limits,
};
await measure(
  Object.fromEntries(
    Object.entries(workloads).map(([name, operation]) => [name, () => run(operation)]),
  ),
);
