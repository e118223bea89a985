/** Tasks of Effection. */
import { action, race, run, sleep, spawn as fork, until, withResolvers } from "effection";
import {
  each,
  inOrder,
  lateness,
  measure,
  n,
  startClock,
  stopClock,
  total,
  unit,
  units,
  upTo,
  weight,
} from "#lab/tasks/bench.js";
import { between } from "./between/effection.mjs";
import { turn } from "./between/turn.mjs";
import { compute, NAP } from "#lab/tasks/trouble.js";

const nothing = () => {};

function* spawned(index) {
  yield* turn();
  return weight(index);
}

// oxlint-disable-next-line require-yield -- this is what is measured
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

/** Starts a task for each gate, waits until every task is at its gate, and opens the gates. */
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

/** Timeouts one after the other, around work that ends in time. */
function* limits() {
  for (const index of upTo(n)) {
    unit(yield* race([spawnedAtOnce(index), sleep(each * 1000)]));
  }
}

/** Every task waits under its own timeout, and gets what it waits for in time. */
function* timeouts() {
  yield* gated(waiting, nothing, weight);
}

/** For each task the function that ends its wait. It takes whether the task goes on. */
const wakes = [];
const settled = Promise.resolve();

const suspended = (index) =>
  action((resolve) => {
    wakes[index] = resolve;
    return nothing;
  });

const promised = (index) =>
  until(
    new Promise((resolve) => {
      wakes[index] = resolve;
    }),
  );

/** Tasks that are woken lap after lap. */
const waits = (wait) =>
  function* () {
    const crowd = { standing: 0 };
    wakes.length = 0;
    for (const index of upTo(n)) {
      void (yield* fork(function* () {
        crowd.standing++;
        for (let times = 1; yield* wait(index); times++) unit(times);
      }));
    }
    while (crowd.standing < n) yield* until(settled);
    const order = inOrder([...wakes.keys()]);
    const wakeAll = (goOn) => {
      for (const index of order) wakes[index](goOn);
    };
    startClock();
    for (let lap = 1; lap <= each; lap++) {
      wakeAll(true);
      while (units() < lap * n) yield* until(settled);
    }
    stopClock();
    wakeAll(false);
  };

function* once(lap) {
  yield* turn();
  return lap;
}

/** Spawns N tasks that wait once each, and joins them, lap after lap. */
function* joins() {
  for (let lap = 1; lap <= each; lap++) {
    const tasks = [];
    for (let index = 0; index < n; index++) tasks.push(yield* fork(() => once(lap)));
    for (const task of tasks) unit(yield* task);
  }
}

function* taking() {
  for (let times = 1; times <= each; times++) {
    yield* turn();
    compute();
    unit(times);
  }
}

function* sleeping() {
  for (;;) {
    lateness.expect(NAP);
    yield* sleep(NAP);
    lateness.came();
  }
}

/** Tasks whose waits end at once, and one more that sleeps again and again. */
function* takesAtOnce() {
  const sleeper = yield* fork(sleeping);
  yield* sleep(NAP);
  const tasks = [];
  for (const _ of upTo(n)) tasks.push(yield* fork(taking));
  for (const task of tasks) yield* task;
  stopClock();
  yield* sleeper.halt();
}

const workloads = {
  spawn: joined(spawned),
  "spawn-at-once": joined(spawnedAtOnce),
  skynet,
  sleep: sleepers,
  yield: yields,
  timeout: timeouts,
  limits,
  suspend: waits(suspended),
  until: waits(promised),
  join: joins,
  "at-once": takesAtOnce,
  ...between,
};
await measure(
  Object.fromEntries(
    Object.entries(workloads).map(([name, operation]) => [name, () => run(operation)]),
  ),
);
