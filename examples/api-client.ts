/**
 * A client of an API that allows so many requests a second, is slow now and then, and is down for a while:
 * a rate limiter, a second request beside a slow one, a circuit breaker, and retries that do as they are told.
 *
 *     node examples/build/api-client.js [jobs] [origin]
 */
import {
  CircuitBreaker,
  CircuitOpenError,
  exponential,
  type Failure,
  forEach,
  hedge,
  main,
  now,
  RateLimiter,
  retry,
  type Routine,
  timeout,
  TimeoutError,
  until,
} from "fibril";
import { api, serve } from "./support/server.ts";

class HttpError extends Error {
  readonly status: number;
  readonly retryAfter: number;
  constructor({ status, headers }: Response) {
    super(`HTTP ${status}`);
    this.status = status;
    this.retryAfter = Number(headers.get("retry-after") ?? 0) * 1_000;
  }
}

const JOBS = Number(process.argv[2] ?? 200);
const isServerFault = (error: unknown) =>
  (error instanceof HttpError && error.status >= 500) ||
  error instanceof TimeoutError ||
  error instanceof TypeError;
const isBusy = (error: unknown) => error instanceof HttpError && error.status === 429;

const bucket = new RateLimiter({ limit: 200, per: 1_000, burst: 20 });
const breaker = new CircuitBreaker({ failures: 10, reset: 300, counts: isServerFault });
const patience = exponential(200, { max: 1_000 }).jittered().attempts(30).adjusted(delay);
const stats = { done: 0, failed: 0, requests: 0, hedged: 0 };

function delay(ms: number, { error }: Failure): number | undefined {
  if (error instanceof CircuitOpenError) return error.retryAfter + Math.random() * 100;
  if (isBusy(error)) return (error as HttpError).retryAfter;
  return isServerFault(error) ? ms : undefined;
}

async function get(url: string, signal: AbortSignal): Promise<unknown> {
  stats.requests++;
  const response = await fetch(url, { signal });
  if (!response.ok) throw new HttpError(response);
  return response.json();
}

function* request(url: string, attempt: number): Routine<unknown> {
  if (attempt > 1) {
    yield* bucket.acquire();
    stats.hedged++;
  }
  return yield* timeout(
    2_000,
    until((signal) => get(url, signal)),
  );
}

function* hedged(url: string): Routine<unknown> {
  yield* bucket.acquire();
  return yield* hedge((attempt) => request(url, attempt), { after: 50 });
}

await main(function* load() {
  const start = now();
  const origin = process.argv[3] ?? (yield* serve(api(230)));
  function* job(id: number): Routine {
    try {
      yield* retry(() => breaker.with(() => hedged(`${origin}/item/${id}`)), patience);
      stats.done++;
    } catch (error) {
      if (!isServerFault(error) && !(error instanceof CircuitOpenError)) throw error;
      stats.failed++;
    }
  }
  yield* forEach(Array(JOBS).keys(), job, { concurrency: 32 });
  const { opened, refused } = breaker.stats();
  console.log({ ...stats, opened, refused, ms: Math.round(now() - start) });
});
