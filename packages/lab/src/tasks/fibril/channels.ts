/** Tasks that send each other messages. */
import {
  type Cases,
  Channel,
  type Op,
  type Routine,
  type Spawned,
  select,
  spawn,
  yieldNow,
} from "fibril";
import { SLOTS } from "../between.js";
import { each, inOrder, n, startClock, stopClock, unit, upTo } from "../bench.js";

function* receiving(from: Channel<number>, times: number): Routine<void> {
  for (let time = 0; time < times; time++) unit(yield* from.receive());
}

function* serving(there: Channel<number>, back: Channel<number>): Routine<void> {
  for (let times = 1; times <= each; times += 2) {
    yield* there.send(times);
    if (times < each) unit(yield* back.receive());
  }
}

function* returning(there: Channel<number>, back: Channel<number>): Routine<void> {
  for (let times = 1; times <= each; times += 2) {
    unit(yield* there.receive());
    if (times < each) yield* back.send(times + 1);
  }
}

/** N pairs of tasks send each other a number, from hand to hand. */
// oxlint-disable-next-line require-yield -- the run waits for them
export function* rendezvous(): Routine<void> {
  for (const _ of upTo(n)) {
    const there = new Channel<number>();
    const back = new Channel<number>();
    spawn(serving, there, back);
    spawn(returning, there, back);
  }
}

function* streaming(to: Channel<number>): Routine<void> {
  for (let times = 1; times <= each; times++) yield* to.send(times);
}

/** N producers, each with a consumer of its own and a channel between them that keeps messages. */
// oxlint-disable-next-line require-yield -- the run waits for them
export function* streams(): Routine<void> {
  for (const _ of upTo(n)) {
    const channel = new Channel<number>(SLOTS);
    spawn(streaming, channel);
    spawn(receiving, channel, each);
  }
}

function* passing(from: Channel<number>, to: Channel<number>, isLast: boolean): Routine<void> {
  for (let times = 1; times <= each; times++) {
    unit(yield* from.receive());
    if (!isLast) yield* to.send(times);
    else if (times < each) yield* to.send(times + 1);
  }
}

/** A token goes round a ring of N tasks, from channel to channel. */
export function* rings(): Routine<void> {
  const channels: Channel<number>[] = [];
  for (const _ of upTo(n)) channels.push(new Channel<number>());
  inOrder(channels);
  const tasks: Spawned<void>[] = [];
  for (const [index, channel] of channels.entries()) {
    const next = channels[(index + 1) % n]!;
    tasks.push(spawn(passing, channel, next, index === n - 1));
  }
  startClock();
  yield* channels[0]!.send(1);
  for (const task of tasks) yield* task;
}

function* counting(to: Channel<number>): Routine<void> {
  for (let number = 2; ; number++) yield* to.send(number);
}

function* filtering(prime: number, from: Channel<number>, to: Channel<number>): Routine<void> {
  for (;;) {
    const number = yield* from.receive();
    if (number % prime !== 0) yield* to.send(number);
  }
}

/** The first N primes, by a chain of filters. */
export function* sieve(): Routine<void> {
  const tasks: Spawned<void>[] = [];
  let from = new Channel<number>();
  tasks.push(spawn(counting, from));
  for (const _ of upTo(n)) {
    const prime = yield* from.receive();
    unit(prime);
    const to = new Channel<number>();
    tasks.push(spawn(filtering, prime, from, to));
    from = to;
  }
  stopClock();
  for (const task of tasks) yield* task.cancel();
}

/** All N tasks wait in the line of one channel, and each gets its message in turn. */
export function* lines(): Routine<void> {
  const channel = new Channel<number>();
  const tasks: Spawned<void>[] = [];
  for (const _ of upTo(n)) tasks.push(spawn(receiving, channel, each));
  while (channel.stats().receiving < n) yield* yieldNow();
  startClock();
  for (let lap = 1; lap <= each; lap++) {
    for (let index = 0; index < n; index++) yield* channel.send(lap);
  }
  for (const task of tasks) yield* task;
}

function* handing(from: Channel<number>, to: Channel<number>): Routine<void> {
  for (let times = 1; times <= each; times++) yield* to.send(yield* from.receive());
}

function* handingOut(to: Channel<number>): Routine<void> {
  for (let times = 1; times <= each; times++) {
    for (let index = 0; index < n; index++) yield* to.send(times);
  }
}

/** One task hands messages out to N workers, and one gathers what they pass on. */
export function* fans(): Routine<void> {
  const out = new Channel<number>(SLOTS);
  const back = new Channel<number>(SLOTS);
  for (const _ of upTo(n)) spawn(handing, out, back);
  spawn(handingOut, out);
  yield* receiving(back, n * each);
}

/** One task selects among N channels, one of which has a message. */
export function* selects(): Routine<void> {
  const channels: Channel<number>[] = [];
  for (const _ of upTo(n)) channels.push(new Channel<number>(1));
  const cases: Cases = channels.map((channel) => (): Op<number> => channel.receive());
  startClock();
  for (let lap = 1; lap <= each; lap++) {
    for (const channel of channels) {
      channel.trySend(lap);
      unit((yield* select(cases)).value as number);
    }
  }
}
