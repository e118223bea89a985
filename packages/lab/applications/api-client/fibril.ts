/** A rate limit, a second request beside a slow one, a circuit breaker, and retries: Fibril. */
import { CircuitBreaker, CircuitOpenError, exponential, type Failure, forEach } from "fibril";
import {
  hedge,
  main,
  RateLimiter,
  retry,
  type Routine,
  timeout,
  TimeoutError,
  until,
} from "fibril";
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

const isServerFault = (error: unknown) =>
  (error instanceof HttpError && error.status >= 500) ||
  error instanceof TimeoutError ||
  error instanceof TypeError; // what fetch throws when a connection breaks

const bucket = new RateLimiter({ limit: spec.RATE, per: 1_000, burst: spec.RATE / 10 });
const breaker = new CircuitBreaker({ ...spec.BREAKER, counts: isServerFault });
const patience = exponential(200, { max: spec.LONGEST_PAUSE })
  .jittered()
  .attempts(spec.ATTEMPTS)
  .adjusted(delay);

function delay(ms: number, { error }: Failure): number | undefined {
  if (error instanceof CircuitOpenError) return error.retryAfter + Math.random() * 100;
  if (error instanceof HttpError && error.status === 429) return error.retryAfter;
  return isServerFault(error) ? ms : undefined;
}

async function get(id: number, signal: AbortSignal): Promise<spec.Item> {
  const response = await fetch(`${spec.ORIGIN}/item/${id}`, { signal });
  if (!response.ok) throw new HttpError(response);
  return response.json() as Promise<spec.Item>;
}

function* request(id: number): Routine<spec.Item> {
  yield* bucket.acquire();
  const limited = () =>
    timeout(
      spec.REQUEST_LIMIT,
      until((signal) => get(id, signal)),
    );
  const second = function* () {
    yield* bucket.acquire();
    return yield* limited();
  };
  return yield* hedge((attempt) => (attempt === 1 ? limited() : second()), {
    after: spec.HEDGE_AFTER,
  });
}

function* job(id: number): Routine {
  try {
    spec.done(yield* retry(() => breaker.with(() => request(id)), patience));
  } catch (error) {
    if (!isServerFault(error) && !(error instanceof CircuitOpenError)) throw error;
    spec.stats.failed++;
  }
}

await main(function* client() {
  yield* forEach(Array(spec.JOBS).keys(), job, { concurrency: spec.CONCURRENCY });
  console.log(spec.stats);
});
