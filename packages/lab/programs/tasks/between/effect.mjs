/** Effect's fibers with its queues, its semaphore and its PubSub between them. */
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import * as PubSub from "effect/PubSub";
import * as Queue from "effect/Queue";
import * as Semaphore from "effect/Semaphore";
import { CONCURRENCY, PERMITS, SLOTS } from "#lab/tasks/between.js";
import {
  each,
  inOrder,
  lateness,
  n,
  startClock,
  stopClock,
  unit,
  upTo,
  weight,
} from "#lab/tasks/bench.js";
import { compute, NAP } from "#lab/tasks/trouble.js";

/** Starts a fiber for each, and waits for all. */
const gathered = (works) =>
  Effect.gen(function* () {
    const fibers = [];
    for (const work of works) fibers.push(yield* Effect.forkChild(work));
    for (const fiber of fibers) yield* Fiber.join(fiber);
  });

const sending = (to) =>
  Effect.gen(function* () {
    for (let times = 1; times <= each; times++) yield* Queue.offer(to, times);
  });

const receiving = (from, times) =>
  Effect.gen(function* () {
    for (let time = 0; time < times; time++) unit(yield* Queue.take(from));
  });

const serving = (there, back) =>
  Effect.gen(function* () {
    for (let times = 1; times <= each; times += 2) {
      yield* Queue.offer(there, times);
      if (times < each) unit(yield* Queue.take(back));
    }
  });

const returning = (there, back) =>
  Effect.gen(function* () {
    for (let times = 1; times <= each; times += 2) {
      unit(yield* Queue.take(there));
      if (times < each) yield* Queue.offer(back, times + 1);
    }
  });

const rendezvous = Effect.gen(function* () {
  const works = [];
  for (const _ of upTo(n)) {
    const there = yield* Queue.bounded(1);
    const back = yield* Queue.bounded(1);
    works.push(serving(there, back), returning(there, back));
  }
  yield* gathered(works);
});

const streams = Effect.gen(function* () {
  const works = [];
  for (const _ of upTo(n)) {
    const queue = yield* Queue.bounded(SLOTS);
    works.push(sending(queue), receiving(queue, each));
  }
  yield* gathered(works);
});

const passing = (from, to, isLast) =>
  Effect.gen(function* () {
    for (let times = 1; times <= each; times++) {
      unit(yield* Queue.take(from));
      if (!isLast) yield* Queue.offer(to, times);
      else if (times < each) yield* Queue.offer(to, times + 1);
    }
  });

const rings = Effect.gen(function* () {
  const queues = [];
  for (const _ of upTo(n)) queues.push(yield* Queue.bounded(1));
  inOrder(queues);
  const fibers = [];
  for (const [index, from] of queues.entries()) {
    const work = passing(from, queues[(index + 1) % n], index === n - 1);
    fibers.push(yield* Effect.forkChild(work, { startImmediately: true }));
  }
  startClock();
  yield* Queue.offer(queues[0], 1);
  for (const fiber of fibers) yield* Fiber.join(fiber);
});

const counting = (to) =>
  Effect.gen(function* () {
    for (let number = 2; ; number++) yield* Queue.offer(to, number);
  });

const filtering = (prime, from, to) =>
  Effect.gen(function* () {
    for (;;) {
      const number = yield* Queue.take(from);
      if (number % prime !== 0) yield* Queue.offer(to, number);
    }
  });

const sieve = Effect.gen(function* () {
  let from = yield* Queue.bounded(1);
  const fibers = [yield* Effect.forkChild(counting(from))];
  for (const _ of upTo(n)) {
    const prime = yield* Queue.take(from);
    unit(prime);
    const to = yield* Queue.bounded(1);
    fibers.push(yield* Effect.forkChild(filtering(prime, from, to)));
    from = to;
  }
  stopClock();
  yield* Fiber.interruptAll(fibers);
});

const lines = Effect.gen(function* () {
  const queue = yield* Queue.bounded(1);
  const fibers = [];
  for (const _ of upTo(n)) {
    const work = receiving(queue, each);
    fibers.push(yield* Effect.forkChild(work, { startImmediately: true }));
  }
  startClock();
  for (let lap = 1; lap <= each; lap++) {
    for (let index = 0; index < n; index++) yield* Queue.offer(queue, lap);
  }
  for (const fiber of fibers) yield* Fiber.join(fiber);
});

const handing = (from, to) =>
  Effect.gen(function* () {
    for (let times = 1; times <= each; times++) yield* Queue.offer(to, yield* Queue.take(from));
  });

const fans = Effect.gen(function* () {
  const out = yield* Queue.bounded(SLOTS);
  const back = yield* Queue.bounded(SLOTS);
  for (const _ of upTo(n)) yield* Effect.forkChild(handing(out, back));
  yield* Effect.forkChild(
    Effect.gen(function* () {
      for (let times = 1; times <= each; times++) {
        for (let index = 0; index < n; index++) yield* Queue.offer(out, times);
      }
    }),
  );
  yield* receiving(back, n * each);
});

const selects = Effect.gen(function* () {
  const queues = [];
  for (const _ of upTo(n)) queues.push(yield* Queue.bounded(1));
  const first = Effect.raceAllFirst(queues.map(Queue.take));
  startClock();
  for (let lap = 1; lap <= each; lap++) {
    for (const queue of queues) {
      yield* Queue.offer(queue, lap);
      unit(yield* first);
    }
  }
});

const broadcasts = Effect.scoped(
  Effect.gen(function* () {
    const hub = yield* PubSub.bounded(SLOTS);
    const fibers = [];
    for (const _ of upTo(n)) {
      const subscription = yield* PubSub.subscribe(hub);
      const listening = Effect.gen(function* () {
        for (let times = 1; times <= each; times++) unit(yield* PubSub.take(subscription));
      });
      fibers.push(yield* Effect.forkChild(listening));
    }
    for (let times = 1; times <= each; times++) yield* PubSub.publish(hub, times);
    for (const fiber of fibers) yield* Fiber.join(fiber);
  }),
);

const sleeping = Effect.gen(function* () {
  for (;;) {
    lateness.expect(NAP);
    yield* Effect.sleep(NAP);
    lateness.came();
  }
});

const drains = Effect.gen(function* () {
  const queue = yield* Queue.bounded(n * each);
  for (let lap = 1; lap <= each; lap++) {
    for (let index = 0; index < n; index++) yield* Queue.offer(queue, lap);
  }
  const draining = Effect.gen(function* () {
    for (let times = 1; times <= each; times++) {
      unit(yield* Queue.take(queue));
      compute();
    }
  });
  const sleeper = yield* Effect.forkChild(sleeping, { startImmediately: true });
  yield* Effect.sleep(NAP);
  const fibers = [];
  for (const _ of upTo(n)) fibers.push(yield* Effect.forkChild(draining));
  yield* Fiber.awaitAll(fibers);
  stopClock();
  yield* Fiber.interrupt(sleeper);
});

const counted = (times) => Effect.sync(() => unit(times));
const held = (times) => Effect.andThen(counted(times), Effect.yieldNow);

const using = (semaphore, work) =>
  Effect.gen(function* () {
    for (let times = 1; times <= each; times++) {
      yield* Semaphore.withPermit(semaphore, work(times));
    }
  });

const locks = Effect.gen(function* () {
  const works = [];
  for (const _ of upTo(n)) works.push(using(Semaphore.makeUnsafe(1), counted));
  yield* gathered(works);
});

const tries = Effect.gen(function* () {
  const works = [];
  for (const _ of upTo(n)) {
    const semaphore = Semaphore.makeUnsafe(1);
    const trying = Effect.gen(function* () {
      for (let times = 1; times <= each; times++) {
        yield* Semaphore.withPermitsIfAvailable(semaphore, 1, counted(times));
      }
    });
    works.push(trying);
  }
  yield* gathered(works);
});

/** The lock is taken until all of them wait for it. */
const handOvers = Effect.gen(function* () {
  const semaphore = Semaphore.makeUnsafe(1);
  yield* Semaphore.take(semaphore, 1);
  const fibers = [];
  for (const _ of upTo(n)) {
    const work = using(semaphore, held);
    fibers.push(yield* Effect.forkChild(work, { startImmediately: true }));
  }
  startClock();
  yield* Semaphore.release(semaphore, 1);
  for (const fiber of fibers) yield* Fiber.join(fiber);
});

const semaphores = Effect.gen(function* () {
  const semaphore = Semaphore.makeUnsafe(PERMITS);
  const works = [];
  for (const _ of upTo(n)) works.push(using(semaphore, held));
  yield* gathered(works);
});

const worked = (index) => Effect.as(Effect.yieldNow, weight(index));

const maps = Effect.gen(function* () {
  const results = yield* Effect.forEach(upTo(n), worked, { concurrency: CONCURRENCY });
  for (const result of results) unit(result);
});

export const between = {
  rendezvous,
  stream: streams,
  "channel-ring": rings,
  sieve,
  line: lines,
  fan: fans,
  select: selects,
  broadcast: broadcasts,
  drain: drains,
  lock: locks,
  "try-lock": tries,
  "hand-over": handOvers,
  semaphore: semaphores,
  map: maps,
};
