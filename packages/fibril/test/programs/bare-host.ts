/** The library on hosts that lack something. The first argument says what. */
const page = globalThis as unknown as Record<string, unknown>;

const lacking: Record<string, () => void> = {
  setImmediate() {
    // As jsdom does: a process, and a window's timers.
    page["setImmediate"] = undefined;
  },
  "most of process"() {
    // As bundlers do.
    page["process"] = { env: {} };
  },
  "both of them"() {
    page["setImmediate"] = undefined;
    page["process"] = { env: {} };
  },
};
const exit = (code: number): never => process.exit(code);
const host = process;
lacking[host.argv[2] ?? ""]?.();

const { main, run, sleep, spawn, yieldNow } = await import("fibril");
const { simulate, VirtualHost } = await import("fibril/testing");

await run({ budget: { ms: 0, switches: 10 } }, function* () {
  for (let n = 0; n < 10; n++) spawn(() => sleep(n));
  for (let n = 0; n < 100; n++) yield* yieldNow();
});
await run({ asyncContext: true }, () => sleep(1));
await run({ host: new VirtualHost() }, () => sleep(1e6));
await simulate({ seed: 1 }, () => sleep(5));
await main(() => sleep(1));
console.log("ran");
// One that hangs is not the library's to keep alive.
setTimeout(() => exit(7), 20_000).unref();
