/** A rate limit, a second request beside a slow one, a circuit breaker, and retries: async/await, p-limit, p-queue. */
import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import pLimit from "p-limit";
import PQueue from "p-queue";
import * as spec from "./spec.ts";

class HttpError extends Error {
  readonly status: number;
  readonly retryAfter: number;
  constructor({ status, headers }: Response) {
    super(`HTTP ${status}`);
    this.status = status;
    this.retryAfter = Number(headers.get("retry-after") ?? 0) * 1_000;
  }
}
class TimeoutError extends Error {}
class CircuitOpenError extends Error {
  readonly retryAfter: number;
  constructor(retryAfter: number) {
    super("the circuit is open");
    this.retryAfter = retryAfter;
  }
}

const isServerFault = (error: unknown) =>
  (error instanceof HttpError && error.status >= 500) ||
  error instanceof TimeoutError ||
  error instanceof TypeError; // what fetch throws when a connection breaks

class CircuitBreaker {
  #failures = 0;
  #openUntil = 0;
  #probing = false;
  async with<T>(work: () => Promise<T>): Promise<T> {
    const { failures, reset } = spec.BREAKER;
    const wait = this.#openUntil - performance.now();
    if (wait > 0) throw new CircuitOpenError(wait);
    const isProbe = this.#failures >= failures;
    if (isProbe && this.#probing) throw new CircuitOpenError(reset);
    this.#probing = isProbe;
    try {
      const result = await work();
      this.#failures = 0;
      return result;
    } catch (error) {
      if (isServerFault(error) && (++this.#failures === failures || isProbe)) {
        this.#openUntil = performance.now() + reset;
      }
      throw error;
    } finally {
      if (isProbe) this.#probing = false;
    }
  }
}

const stop = new AbortController();
setMaxListeners(0, stop.signal);
const slots = pLimit(spec.CONCURRENCY);
const bucket = new PQueue({ interval: 100, intervalCap: spec.RATE / 10 });
const breaker = new CircuitBreaker();
const token = (signal: AbortSignal) => bucket.add(() => {}, { signal });

/** Gives the work a signal that is aborted with the outer one, after so many milliseconds, and at the end. */
async function withSignal<T>(
  outer: AbortSignal,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  outer.throwIfAborted();
  const inner = new AbortController();
  setMaxListeners(0, inner.signal);
  const pass = () => inner.abort(outer.reason);
  outer.addEventListener("abort", pass, { once: true });
  const timer = ms < Infinity ? setTimeout(() => inner.abort(new TimeoutError()), ms) : undefined;
  try {
    return await work(inner.signal);
  } finally {
    clearTimeout(timer);
    outer.removeEventListener("abort", pass);
    inner.abort(new Error("another request was faster"));
  }
}

async function retry<T>(work: () => Promise<T>): Promise<T> {
  for (let n = 1; ; n++) {
    let pause: number | undefined;
    try {
      return await work();
    } catch (error) {
      pause = stop.signal.aborted || n >= spec.ATTEMPTS ? undefined : pauseAfter(error, n);
      if (pause === undefined) throw error;
    }
    await delay(pause, undefined, { signal: stop.signal });
  }
}

function pauseAfter(error: unknown, n: number): number | undefined {
  if (error instanceof CircuitOpenError) return error.retryAfter + Math.random() * 100;
  if (error instanceof HttpError && error.status === 429) return error.retryAfter;
  return isServerFault(error)
    ? Math.random() * Math.min(spec.LONGEST_PAUSE, 100 * 2 ** n)
    : undefined;
}

const get = (id: number, outer: AbortSignal) =>
  withSignal(outer, spec.REQUEST_LIMIT, async (signal) => {
    const response = await fetch(`${spec.ORIGIN}/item/${id}`, { signal });
    if (!response.ok) throw new HttpError(response);
    return response.json() as Promise<spec.Item>;
  });

async function request(id: number): Promise<spec.Item> {
  await token(stop.signal);
  return withSignal(stop.signal, Infinity, (signal) => {
    const second = async () => {
      await delay(spec.HEDGE_AFTER, undefined, { signal });
      await token(signal);
      return get(id, signal);
    };
    return Promise.race([get(id, signal), second()]);
  });
}

async function job(id: number): Promise<void> {
  try {
    spec.done(await retry(() => breaker.with(() => request(id))));
  } catch (error) {
    if (!isServerFault(error) && !(error instanceof CircuitOpenError)) throw error;
    spec.stats.failed++;
  }
}

const interrupt = () => {
  process.exitCode = 130;
  slots.clearQueue();
  stop.abort();
};
process.once("SIGINT", interrupt);
try {
  await Promise.all(Array.from({ length: spec.JOBS }, (_, id) => slots(() => job(id))));
  console.log(spec.stats);
} catch (error) {
  if (!stop.signal.aborted) throw error;
} finally {
  stop.abort();
  process.removeListener("SIGINT", interrupt);
}
