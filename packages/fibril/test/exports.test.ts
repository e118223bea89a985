/** What the package exports, so that a change of it is a decision. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import * as fibril from "fibril";
import * as cron from "fibril/cron";
import * as extend from "fibril/extend";
import * as frames from "fibril/frames";
import * as inspect from "fibril/inspect";
import * as testing from "fibril/testing";

test("the entries export this and no more", () => {
  assert.deepEqual(Object.keys(fibril), [
    "Barrier",
    "Broadcast",
    "ByteReader",
    "Cancelled",
    "Channel",
    "CircuitBreaker",
    "CircuitOpenError",
    "Condition",
    "Deadline",
    "DeadlockError",
    "Event",
    "Fiber",
    "FiberError",
    "FiberMap",
    "Latch",
    "Mutex",
    "Once",
    "Pool",
    "RateLimiter",
    "Reader",
    "Run",
    "RwLock",
    "RwLockSide",
    "Schedule",
    "Scope",
    "Semaphore",
    "Supervisor",
    "TimeoutError",
    "Writer",
    "abortSignal",
    "abortable",
    "all",
    "any",
    "batches",
    "breathe",
    "bytes",
    "call",
    "cancelling",
    "checkpoint",
    "createContext",
    "createScope",
    "currentDeadline",
    "daemon",
    "debounce",
    "defer",
    "dump",
    "each",
    "events",
    "every",
    "exponential",
    "failAfter",
    "failAt",
    "fibonacci",
    "fifo",
    "fixed",
    "forEach",
    "hedge",
    "inCompletionOrder",
    "lazy",
    "lines",
    "loader",
    "locality",
    "mailbox",
    "main",
    "map",
    "memoize",
    "messages",
    "monitor",
    "moveOnAfter",
    "moveOnAt",
    "now",
    "once",
    "openPool",
    "park",
    "pipe",
    "race",
    "receive",
    "resource",
    "retry",
    "routine",
    "run",
    "runSync",
    "scope",
    "seeded",
    "select",
    "send",
    "settled",
    "shield",
    "sleep",
    "spawn",
    "started",
    "supervise",
    "supervised",
    "supervisor",
    "suspend",
    "throttle",
    "timeout",
    "toAsync",
    "toAsyncGenerator",
    "tryReceive",
    "trySelect",
    "trySend",
    "unpark",
    "until",
    "use",
    "yieldNow",
  ]);
  assert.deepEqual(Object.keys(cron), ["cron"]);
  assert.deepEqual(Object.keys(extend), [
    "ANYTHING",
    "CALLBACK",
    "FLAG",
    "MILLISECONDS",
    "NOT_YET",
    "TEXT",
    "WHOLE",
    "bytesOn",
    "calling",
    "checkOptions",
    "checkValue",
    "gatherer",
    "halfOf",
    "having",
    "oneOf",
    "putBack",
    "readerOn",
    "shown",
    "twoReaders",
    "wholeFrom",
    "writerOn",
  ]);
  assert.deepEqual(Object.keys(frames), [
    "DELIVER",
    "Frame",
    "KILL",
    "NO_FRAME",
    "Op",
    "RAISE",
    "RETURN",
    "START",
    "SUSPEND",
    "answer",
    "answerHeld",
    "answerLast",
    "callDepth",
    "deep",
    "direct",
    "enterCode",
    "entries",
    "entry",
    "frames",
    "into",
    "isDirect",
    "leave",
    "makeFrame",
    "perform",
    "performCall",
    "performNow",
    "performPark",
    "performTransfer",
    "performYield",
    "performYieldNow",
    "registers",
    "settle",
  ]);
  assert.deepEqual(Object.keys(inspect), ["sourcePositions"]);
  assert.deepEqual(Object.keys(testing), [
    "SimulationError",
    "VirtualHost",
    "expectNoLeaks",
    "simulate",
  ]);
});

test("the package depends on nothing", async () => {
  const manifest = JSON.parse(
    await readFile(new URL("../../package.json", import.meta.url), "utf8"),
  );
  assert.deepEqual([manifest.dependencies, manifest.optionalDependencies], [undefined, undefined]);
  // What an entry of its own asks for, those who do not import it need not have.
  assert.deepEqual(Object.keys(manifest.peerDependencies), ["croner"]);
  assert.deepEqual(manifest.peerDependenciesMeta, { croner: { optional: true } });
});

test("importing it changes no global and no prototype", async () => {
  const names = () => Reflect.ownKeys(globalThis).length;
  const methods = () => Reflect.ownKeys(Object.getPrototypeOf(function* () {}).prototype).length;
  const before = [names(), methods()];
  await import(new URL("index.js?fresh", import.meta.resolve("fibril")).href);
  assert.deepEqual([names(), methods()], before);
});
