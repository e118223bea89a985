/** Load by autocannon, an optional peer of the lab. */
import type { Load, Loaded } from "./cell.js";

const TESTED = "9.0.0";
/** Milliseconds between its looks at whether the time is over. */
const LOOK = 250;

export async function autocannonLoad({ port, connections, seconds }: Load): Promise<Loaded> {
  const { default: autocannon } = await import("autocannon").catch(() => {
    throw new Error(`no autocannon here; npm install --no-save autocannon@${TESTED}`);
  });
  const asked = {
    url: `http://127.0.0.1:${port}/`,
    connections,
    duration: seconds,
    sampleInt: LOOK,
    expectBody: "hello",
  };
  const { latency, ...done } = await autocannon(asked);
  const { errors, mismatches, non2xx, timeouts } = done;
  const wrong = errors + mismatches + non2xx + timeouts;
  if (wrong > 0) throw new Error(`${wrong} requests were not answered as they should`);
  return {
    count: done.requests.total,
    seconds: (done.finish.getTime() - done.start.getTime()) / 1e3,
    latency: { p50: latency.p50 / 1e3, p99: latency.p99 / 1e3, max: latency.max / 1e3 },
  };
}
