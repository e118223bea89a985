/** Groups of workers that crash and are started again; one group is stopped meanwhile: async/await. */
import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import * as spec from "./spec.ts";

const { stats, alive } = spec;

interface Child {
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** A controller that is aborted with another signal; `release` takes the listener away. */
function linked(outer: AbortSignal) {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const pass = () => controller.abort(outer.reason);
  if (outer.aborted) pass();
  else outer.addEventListener("abort", pass, { once: true });
  return { controller, release: () => outer.removeEventListener("abort", pass) };
}

class Supervisor {
  readonly children = new Map<string, Child>();
  readonly #intensity: { readonly restarts: number; readonly within: number };
  readonly #onRestart: () => void;
  readonly #stop: AbortController;
  readonly #release: () => void;
  readonly #restarts: number[] = [];
  #failure: Error | undefined;

  constructor(
    intensity: { readonly restarts: number; readonly within: number },
    onRestart: () => void,
    outer: AbortSignal,
  ) {
    this.#intensity = intensity;
    this.#onRestart = onRestart;
    ({ controller: this.#stop, release: this.#release } = linked(outer));
  }

  start(name: string, work: (signal: AbortSignal) => Promise<void>): void {
    const { controller, release } = linked(this.#stop.signal);
    const ended = this.#keepUp(name, work, controller.signal).finally(() => {
      release();
      this.children.delete(name);
    });
    const stop = () => {
      controller.abort();
      return ended;
    };
    this.children.set(name, { ended, stop });
  }

  async end(): Promise<void> {
    while (this.children.size > 0) {
      await Promise.all(Array.from(this.children.values(), ({ ended }) => ended));
    }
    this.#release();
    if (this.#failure) throw this.#failure;
  }

  async #keepUp(name: string, work: (signal: AbortSignal) => Promise<void>, signal: AbortSignal) {
    while (!signal.aborted) {
      try {
        return await work(signal);
      } catch (cause) {
        if (signal.aborted) return;
        const { restarts, within } = this.#intensity;
        const now = performance.now();
        while (this.#restarts.length > 0 && this.#restarts[0]! < now - within) {
          this.#restarts.shift();
        }
        if (this.#restarts.length >= restarts) {
          this.#failure ??= new Error(`too many restarts, the last of ${name}`, { cause });
          return this.#stop.abort(this.#failure);
        }
        this.#restarts.push(now);
        this.#onRestart();
      }
    }
  }
}

async function worker(id: string, signal: AbortSignal): Promise<void> {
  stats.starts++;
  alive.add(id);
  try {
    for (let unit = 0; unit < spec.units(id); unit++) {
      await delay(spec.pause(id, unit), undefined, { signal });
      spec.work(id, unit);
    }
    spec.finished.add(id);
  } finally {
    await delay(2); // clean-up that waits
    alive.delete(id);
    stats.cleanUps++;
  }
}

async function group(g: number, signal: AbortSignal): Promise<void> {
  const supervisor = new Supervisor(spec.WORKER_RESTARTS, () => void stats.crashes++, signal);
  for (const id of spec.workersOf(g)) supervisor.start(id, (signal) => worker(id, signal));
  await supervisor.end();
}

const stop = new AbortController();
const interrupt = () => {
  process.exitCode = 130;
  stop.abort();
};
process.once("SIGINT", interrupt);
const all = new Supervisor(spec.GROUP_RESTARTS, () => void stats.groupRestarts++, stop.signal);
for (const g of spec.groups) all.start(`group ${g}`, (signal) => group(g, signal));
await delay(50);
await all.children.get(`group ${spec.STOPPED}`)?.stop();
await all.end();
process.removeListener("SIGINT", interrupt);
spec.report();
