/** A rate limit, a second request beside a slow one, a circuit breaker, and retries: Effect. */
import { Data, Duration, Effect, Layer } from "effect";
import { CircuitBreaker, RateLimiter } from "effect/persistence";
import { runMain } from "../support/effect-node.ts";
import * as spec from "./spec.ts";

class HttpError extends Data.TaggedError("HttpError")<{
  readonly status: number;
  readonly retryAfter: number;
}> {}
class FetchError extends Data.TaggedError("FetchError")<{ readonly cause: unknown }> {}

const get = (id: number) =>
  Effect.tryPromise({
    try: async (signal) => {
      const response = await fetch(`${spec.ORIGIN}/item/${id}`, { signal });
      const { headers, ok, status } = response;
      if (ok) return (await response.json()) as spec.Item;
      throw new HttpError({ status, retryAfter: Number(headers.get("retry-after") ?? 0) * 1_000 });
    },
    catch: (cause) => (cause instanceof HttpError ? cause : new FetchError({ cause })),
  }).pipe(Effect.timeout(spec.REQUEST_LIMIT));

const program = Effect.gen(function* () {
  const limiter = yield* RateLimiter.RateLimiter;
  const token = RateLimiter.sleep(limiter, {
    key: "api",
    algorithm: "token-bucket",
    limit: spec.RATE / 10,
    window: 100,
  });
  const breaker = yield* CircuitBreaker.make({
    tripPolicy: CircuitBreaker.consecutive(spec.BREAKER.failures),
    openDuration: spec.BREAKER.reset,
  });

  const request = (id: number) => {
    const second = Effect.sleep(spec.HEDGE_AFTER).pipe(
      Effect.andThen(token),
      Effect.andThen(get(id)),
    );
    return token.pipe(Effect.andThen(Effect.raceFirst(get(id), second)));
  };

  const job = (id: number, n = 1): Effect.Effect<void> => {
    return request(id).pipe(
      breaker.execute({ key: "api" }),
      Effect.map((item) => spec.done(item)),
      Effect.catch((error) =>
        Effect.gen(function* () {
          let pause = Math.random() * Math.min(spec.LONGEST_PAUSE, 100 * 2 ** n);
          if (error._tag === "HttpError" && error.status === 429) pause = error.retryAfter;
          if (error._tag === "CircuitBreakerError") {
            const { reason } = error;
            const open = reason._tag === "CircuitOpen";
            pause = open ? Duration.toMillis(reason.retryAfter) : spec.BREAKER.reset;
            pause += Math.random() * 100;
          }
          const isOurs = error._tag === "HttpError" && error.status < 500 && error.status !== 429;
          if (n >= spec.ATTEMPTS || isOurs) return void spec.stats.failed++;
          yield* Effect.sleep(pause);
          yield* job(id, n + 1);
        }),
      ),
    );
  };

  yield* Effect.forEach(Array(spec.JOBS).keys(), (id) => job(id), {
    concurrency: spec.CONCURRENCY,
    discard: true,
  });
  console.log(spec.stats);
}).pipe(
  Effect.scoped,
  Effect.provide(
    Layer.merge(
      CircuitBreaker.layerStoreMemory(),
      RateLimiter.layer.pipe(Layer.provide(RateLimiter.layerStoreMemory)),
    ),
  ),
);

runMain(program);
