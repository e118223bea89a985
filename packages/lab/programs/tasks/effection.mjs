/** Tasks of Effection. */
import { action, race, run, sleep, spawn as fork, withResolvers } from "effection";
import { each, finish, inOrder, measure, n, unit, upTo, weight } from "./bench.mjs";

const nothing = () => {};

/** Effection has no operation that only gives its turn away; this waits, without a timer. */
const turn = () =>
  action((resolve) => {
    resolve();
    return nothing;
  });

function* spawn() {
  const tasks = [];
  for (const index of upTo(n)) {
    tasks.push(
      yield* fork(function* () {
        yield* turn();
        return weight(index);
      }),
    );
  }
  for (const task of tasks) unit(yield* task);
}

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
  finish(yield* node(0, n));
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
function* gated(task, order, value) {
  const gates = [];
  const tasks = [];
  const ready = withResolvers();
  let standing = 0;
  for (const _ of upTo(n)) {
    const gate = withResolvers();
    gates.push(gate);
    tasks.push(
      yield* fork(function* () {
        if (++standing === n) ready.resolve();
        yield* task(gate.operation);
      }),
    );
  }
  yield* ready.operation;
  for (const [index, gate] of order(gates).entries()) gate.resolve(value(index));
  for (const started of tasks) yield* started;
}

function* yielding(start) {
  yield* start;
  for (let times = 1; times <= each; times++) {
    unit(times);
    yield* turn();
  }
}

function* yields() {
  yield* gated(yielding, inOrder, nothing);
}

function* waiting(given) {
  unit(yield* race([given, sleep(each * 1000)]));
}

/** Every task waits under a timeout of its own, and is given what it waits for. */
function* timeouts() {
  yield* gated(waiting, (gates) => gates, weight);
}

const workloads = { spawn, skynet, sleep: sleepers, yield: yields, timeout: timeouts };
await measure(
  Object.fromEntries(
    Object.entries(workloads).map(([name, operation]) => [name, () => run(operation)]),
  ),
);
