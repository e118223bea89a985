/** Load by plain connections that stay open: as cheap as a client in Node can be, and with every latency kept. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { quantile } from "simple-statistics";
import type { Spread } from "../cell.js";
import { seeded } from "../statistics/random.js";
import type { Load, Loaded } from "./cell.js";

/** What is sent, and whether what has come is the whole answer. */
const PROTOCOLS = {
  http: {
    request: "GET / HTTP/1.1\r\nhost: x\r\n\r\n",
    isWhole: (chunk: Buffer) => chunk.subarray(-5).toString("latin1") === "hello",
  },
  echo: { request: "x".repeat(64), isWhole: (_chunk: Buffer, size: number) => size === 64 },
} as const;

/** Connections that are opened at a time: more would not fit the system's line. */
const AT_ONCE = 100;
/** Addresses of this machine by which a server is reached: each has ports of its own. */
const ADDRESSES = 8;
/** Milliseconds for the last answers. */
const LAST = 5_000;

/** A connection that asks, and tells when the answer is whole or can come no more. */
class Caller {
  readonly #socket: Socket;
  readonly #protocol: (typeof PROTOCOLS)[Load["protocol"]];
  #size: number;
  told: (error?: Error) => void;

  constructor(socket: Socket, protocol: Load["protocol"]) {
    this.#socket = socket;
    this.#protocol = PROTOCOLS[protocol];
    this.#size = 0;
    this.told = () => {};
    socket.on("data", (chunk: Buffer) => {
      this.#size += chunk.length;
      if (this.#protocol.isWhole(chunk, this.#size)) this.told();
    });
    socket.on("error", () => {});
    socket.on("close", () => this.told(new Error("the server has closed a connection")));
  }

  call(): void {
    this.#size = 0;
    this.#socket.write(this.#protocol.request);
  }
}

const pools = new Map<number, Promise<Caller[]>>();

/** The connections to a server. They stay open from one load to the next. */
function callersTo({ port, connections, protocol }: Load): Promise<Caller[]> {
  const known = pools.get(port);
  if (known !== undefined) return known;
  const opened = open(port, connections).then((sockets) =>
    sockets.map((socket) => new Caller(socket, protocol)),
  );
  pools.set(port, opened);
  return opened;
}

async function open(port: number, connections: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < connections) {
    const some = Array.from({ length: Math.min(AT_ONCE, connections - sockets.length) }, (_, i) =>
      connect({ port, host: `127.0.0.${1 + (i % ADDRESSES)}`, noDelay: true }),
    );
    // oxlint-disable-next-line no-await-in-loop -- in batches
    await Promise.all(some.map((socket) => once(socket, "connect")));
    sockets.push(...some);
  }
  return sockets;
}

/** Each connection asks again as soon as it has been answered. */
export async function calls(load: Load): Promise<Loaded> {
  const callers = await callersTo(load);
  const began = performance.now();
  const end = began + load.seconds * 1e3;
  let count = 0;
  await Promise.all(
    callers.map(
      (caller) =>
        new Promise<void>((ends, fails) => {
          caller.told = (error) => {
            if (error !== undefined) return fails(error);
            count++;
            if (performance.now() < end) caller.call();
            else ends();
          };
          caller.call();
        }),
    ),
  );
  return { count, seconds: (performance.now() - began) / 1e3 };
}

/**
 * Requests come at random times, at a rate on average, and each counts from the moment at which it was due. So a server
 * that stalls is charged for all that it kept waiting, and not only for one request a connection.
 */
export async function paced(load: Load): Promise<Loaded> {
  const callers = await callersTo(load);
  const random = seeded(17_263);
  const gap = (): number => (-Math.log(1 - random()) / (load.rate ?? 1)) * 1e3;
  const idle = [...callers];
  const line: number[] = [];
  const latencies: number[] = [];
  let asked = 0;
  let failure: Error | undefined;
  const ask = (caller: Caller, due: number): void => {
    caller.told = (error) => {
      failure ??= error;
      latencies.push((performance.now() - due) / 1e3);
      const next = line.shift();
      if (next === undefined) idle.push(caller);
      else ask(caller, next);
    };
    caller.call();
  };
  const began = performance.now();
  const end = began + load.seconds * 1e3;
  let due = began + gap();
  await new Promise<void>((ends) => {
    // Timers are too coarse for this, so the process turns without a rest.
    const turn = (): void => {
      const now = performance.now();
      for (; due <= now && due < end; due += gap(), asked++) {
        const caller = idle.pop();
        if (caller === undefined) line.push(due);
        else ask(caller, due);
      }
      if (due >= end || failure !== undefined) ends();
      else setImmediate(turn);
    };
    turn();
  });
  const seconds = (performance.now() - began) / 1e3;
  for (let ms = 0; latencies.length < asked; ms++) {
    if (failure !== undefined) throw failure;
    if (ms > LAST) throw new Error(`${asked - latencies.length} requests were not answered`);
    // oxlint-disable-next-line no-await-in-loop -- until the last has come
    await pause(1);
  }
  return { count: asked, seconds, latency: spreadOf(latencies) };
}

/** Connections that say nothing. */
export async function idle({ port, connections }: Load): Promise<Loaded> {
  const began = performance.now();
  await open(port, connections);
  return { count: connections, seconds: (performance.now() - began) / 1e3 };
}

const spreadOf = (values: readonly number[]): Spread => {
  const [p50, p99, max] = quantile([...values], [0.5, 0.99, 1]) as [number, number, number];
  return { p50, p99, max };
};
