/** Runs V8's profiler around a section, where FIBRIL_PROFILE names the file to write. */
import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
import type { Awaitable } from "./runtime.js";

/** Microseconds between two samples: the creation of a million fibers gets some thousands of them. */
const INTERVAL = 100;

export async function profiled<T>(run: () => Awaitable<T>): Promise<T> {
  const path = process.env["FIBRIL_PROFILE"];
  if (path === undefined) return run();
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: INTERVAL });
  await session.post("Profiler.start");
  const result = await run();
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();
  writeFileSync(path, JSON.stringify(profile));
  return result;
}
