/** Many tasks on one channel: all hear the same, or they drain it together. */
import {
  Broadcast,
  Channel,
  type Receiver,
  type Routine,
  scope,
  type Scope,
  sleep,
  spawn,
} from "fibril";
import { SLOTS } from "../between.js";
import { each, lateness, n, unit, upTo } from "../bench.js";
import { compute, NAP } from "../trouble.js";

function* listening(to: Receiver<number>): Routine<void> {
  for (let times = 1; times <= each; times++) unit(yield* to.receive());
}

/** N subscribers all hear every message. */
export function* broadcasts(): Routine<void> {
  const broadcast = new Broadcast<number>(SLOTS);
  for (const _ of upTo(n)) spawn(listening, broadcast.subscribe());
  for (let times = 1; times <= each; times++) yield* broadcast.send(times);
}

function* draining(from: Channel<number>): Routine<void> {
  for (let times = 1; times <= each; times++) {
    unit(yield* from.receive());
    compute();
  }
}

function* sleeping(): Routine<void> {
  for (;;) {
    lateness.expect(NAP);
    yield* sleep(NAP);
    lateness.came();
  }
}

/** N tasks drain a channel that is full, and one more task sleeps again and again. */
export function* drains(): Routine<void> {
  const channel = new Channel<number>(n * each);
  for (let lap = 1; lap <= each; lap++) {
    for (let index = 0; index < n; index++) channel.trySend(lap);
  }
  yield* scope(function* (all: Scope): Routine<void> {
    all.daemon(sleeping);
    yield* sleep(NAP);
    for (const _ of upTo(n)) spawn(draining, channel);
  });
}
