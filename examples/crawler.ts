/**
 * A crawler: 50 pages at a time, 300 ms for each request, retries with back-off, and Ctrl-C, after which it
 * still tells what it has.
 *
 *     node examples/build/crawler.js [origin]
 */
import {
  exponential,
  main,
  retry,
  type Routine,
  scope,
  Semaphore,
  timeout,
  TimeoutError,
  until,
} from "fibril";
import { serve, site } from "./support/server.ts";

class HttpError extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}

/** What may go away: errors of the server, slowness, and what `fetch` throws when a connection breaks. */
const isTransient = (error: unknown) =>
  (error instanceof HttpError && error.status >= 500) ||
  error instanceof TimeoutError ||
  error instanceof TypeError;

const requests = new Semaphore(50, { name: "requests" });
const patience = exponential(50).jittered().attempts(5).while(isTransient);
const seen = new Set<string>();
const sizes = new Map<string, number>();
const failed = new Map<string, unknown>();
let sent = 0;

async function get(url: string, signal: AbortSignal): Promise<string> {
  sent++;
  const response = await fetch(url, { signal });
  if (!response.ok) throw new HttpError(response.status);
  return response.text();
}

function* load(url: string): Routine<string> {
  return yield* timeout(
    300,
    until((signal) => get(url, signal)),
  );
}

await main(function* crawler() {
  try {
    const origin = process.argv[2] ?? (yield* serve(site(200)));
    yield* scope(function* (pages) {
      function visit(path: string): void {
        if (seen.has(path)) return;
        seen.add(path);
        pages.spawn(`page ${path}`, crawl, path);
      }
      function* crawl(path: string): Routine {
        try {
          const html = yield* requests.with(() => retry(() => load(origin + path), patience));
          sizes.set(path, html.length);
          for (const [, link] of html.matchAll(/href="([^"]+)"/g)) visit(link!);
        } catch (error) {
          if (!isTransient(error)) throw error;
          failed.set(path, error);
        }
      }
      visit("/p/0");
    });
  } finally {
    console.log({ pages: sizes.size, failed: failed.size, seen: seen.size, requests: sent });
  }
});
