"use fibers";
/** Many tasks on one channel: all hear the same, or they drain it together. */
import { Broadcast, type Receiver } from "fibril";
import { Channel, daemon, scope, sleep, spawn, wait } from "fibril/direct";
import { SLOTS } from "../between.js";
import { each, lateness, n, unit, upTo } from "../bench.js";
import { compute, NAP } from "../trouble.js";

function listening(to: Receiver<number>): void {
  for (let times = 1; times <= each; times++) unit(wait(to.receive()));
}

/** N subscribers all hear every message. */
export function broadcasts(): void {
  const broadcast = new Broadcast<number>(SLOTS);
  for (const _ of upTo(n)) spawn(listening, broadcast.subscribe());
  for (let times = 1; times <= each; times++) wait(broadcast.send(times));
}

function draining(from: Channel<number>): void {
  for (let times = 1; times <= each; times++) {
    unit(from.receive());
    compute();
  }
}

function sleeping(): void {
  for (;;) {
    lateness.expect(NAP);
    sleep(NAP);
    lateness.came();
  }
}

/** N tasks drain a channel that is full, and one more task sleeps again and again. */
export function drains(): void {
  const channel = new Channel<number>(n * each);
  for (let lap = 1; lap <= each; lap++) {
    for (let index = 0; index < n; index++) channel.trySend(lap);
  }
  scope(() => {
    daemon(sleeping);
    sleep(NAP);
    for (const _ of upTo(n)) spawn(draining, channel);
  });
}
