/** A crawler with Effect: 50 requests at a time, a limit for each, retries with back-off, and Ctrl-C. */
import { Data, Effect, FiberSet, Schedule, Semaphore } from "effect";
import { runMain } from "../support/effect-node.ts";
import { failed, LIMIT, linksOf, ORIGIN, report, seen, sizes, SLOTS } from "./spec.ts";

class HttpError extends Data.TaggedError("HttpError")<{ status: number }> {}
class FetchError extends Data.TaggedError("FetchError")<{ cause: unknown }> {}

const get = (path: string) =>
  Effect.tryPromise({
    try: async (signal) => {
      const response = await fetch(ORIGIN + path, { signal });
      if (!response.ok) throw new HttpError({ status: response.status });
      return response.text();
    },
    catch: (cause) => (cause instanceof HttpError ? cause : new FetchError({ cause })),
  });

const load = (path: string) =>
  get(path).pipe(
    Effect.timeout(LIMIT),
    Effect.retry({
      schedule: Schedule.jittered(Schedule.exponential(50)),
      times: 7,
      while: (error) => error._tag !== "HttpError" || error.status >= 500,
    }),
  );

const program = Effect.gen(function* () {
  const slots = yield* Semaphore.make(SLOTS);
  const pages = yield* FiberSet.make();
  const crawl = (path: string): Effect.Effect<void> =>
    slots.withPermit(load(path)).pipe(
      Effect.flatMap((html) => {
        sizes.set(path, html.length);
        return Effect.forEach(linksOf(html), visit, { discard: true });
      }),
      Effect.catch(() => Effect.sync(() => failed.add(path))),
      Effect.asVoid,
    );
  const visit = (path: string): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (seen.has(path)) return Effect.void;
      seen.add(path);
      return FiberSet.run(pages, crawl(path));
    });
  yield* visit("/p/0");
  yield* FiberSet.awaitEmpty(pages);
}).pipe(Effect.scoped, Effect.ensuring(Effect.sync(report)));

runMain(program);
