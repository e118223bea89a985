/** A crawler with Fibril: 50 requests at a time, a limit for each, retries with back-off, and Ctrl-C. */
import { exponential, main, retry, type Routine, scope, Semaphore } from "fibril";
import { timeout, TimeoutError, until } from "fibril";
import { failed, LIMIT, linksOf, ORIGIN, report, seen, sizes, SLOTS } from "./spec.ts";

class HttpError extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}

const isTransient = (error: unknown) =>
  (error instanceof HttpError && error.status >= 500) ||
  error instanceof TimeoutError ||
  error instanceof TypeError; // what fetch throws when a connection breaks

const slots = new Semaphore(SLOTS);
const patience = exponential(50).jittered().attempts(8).while(isTransient);

async function get(path: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(ORIGIN + path, { signal });
  if (!response.ok) throw new HttpError(response.status);
  return response.text();
}

const load = (path: string) =>
  timeout(
    LIMIT,
    until((signal) => get(path, signal)),
  );

await main(function* crawler() {
  try {
    yield* scope(function* (pages) {
      function visit(path: string): void {
        if (seen.has(path)) return;
        seen.add(path);
        pages.spawn(crawl, path);
      }
      function* crawl(path: string): Routine {
        try {
          const html = yield* slots.with(() => retry(() => load(path), patience));
          sizes.set(path, html.length);
          linksOf(html).forEach(visit);
        } catch (error) {
          if (!isTransient(error) && !(error instanceof HttpError)) throw error;
          failed.add(path);
        }
      }
      visit("/p/0");
    });
  } finally {
    report();
  }
});
