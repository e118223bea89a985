/** A crawler with async/await and p-limit: 50 requests at a time, a limit for each, retries, and Ctrl-C. */
import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import pLimit from "p-limit";
import { failed, LIMIT, linksOf, ORIGIN, report, seen, sizes, SLOTS } from "./spec.ts";

class HttpError extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}
class TimeoutError extends Error {}

const isTransient = (error: unknown) =>
  (error instanceof HttpError && error.status >= 500) ||
  error instanceof TimeoutError ||
  error instanceof TypeError; // what fetch throws when a connection breaks

const stop = new AbortController();
setMaxListeners(0, stop.signal);
const limit = pLimit(SLOTS);

// AbortSignal.any([stop, AbortSignal.timeout(ms)]) may be collected too early on Node 20, and then nothing ends the request.
async function withLimit<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  stop.signal.throwIfAborted();
  const inner = new AbortController();
  const timer = setTimeout(() => inner.abort(new TimeoutError()), ms);
  const pass = () => inner.abort(stop.signal.reason);
  stop.signal.addEventListener("abort", pass, { once: true });
  try {
    return await work(inner.signal);
  } finally {
    clearTimeout(timer);
    stop.signal.removeEventListener("abort", pass);
  }
}

async function retry<T>(attempts: number, base: number, work: () => Promise<T>): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await work();
    } catch (error) {
      if (stop.signal.aborted || n >= attempts || !isTransient(error)) throw error;
    }
    await delay(Math.random() * base * 2 ** (n - 1), undefined, { signal: stop.signal });
  }
}

const load = (path: string) =>
  withLimit(LIMIT, async (signal) => {
    const response = await fetch(ORIGIN + path, { signal });
    if (!response.ok) throw new HttpError(response.status);
    return response.text();
  });

async function crawl(path: string): Promise<void> {
  let html: string;
  try {
    html = await limit(() => retry(8, 50, () => load(path)));
  } catch (error) {
    if (stop.signal.aborted || !(isTransient(error) || error instanceof HttpError)) throw error;
    failed.add(path);
    return;
  }
  sizes.set(path, html.length);
  await Promise.all(linksOf(html).map(visit));
}

async function visit(path: string): Promise<void> {
  if (seen.has(path)) return;
  seen.add(path);
  await crawl(path);
}

let interrupted = false;
const interrupt = () => {
  interrupted = true;
  limit.clearQueue();
  stop.abort();
};
process.once("SIGINT", interrupt);
try {
  await visit("/p/0");
} catch (error) {
  stop.abort(); // the others end as well
  if (!interrupted) throw error;
  process.exitCode = 130;
} finally {
  process.removeListener("SIGINT", interrupt);
  report();
}
