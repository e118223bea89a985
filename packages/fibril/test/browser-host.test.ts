/** The host of browsers, run here: it needs a MessageChannel, timers and a clock, and no page. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  FiberError,
  type Host,
  moveOnAfter,
  type Routine,
  run,
  scope,
  sleep,
  spawn,
  suspend,
  until,
  yieldNow,
} from "fibril";
import { Log } from "./support/manual-host.ts";

const { BrowserHost } = (await import(
  new URL("host/browser.js", import.meta.resolve("fibril")).href
)) as { BrowserHost: new () => Host };

type Page = Record<"MessageChannel" | "setTimeout" | "reportError" | "console", unknown>;
const page = globalThis as never as Page;

/** Every channel of a host, so that they can be closed: an open one keeps the process. */
const channels: InstanceType<typeof MessageChannel>[] = [];
let messages = 0;
const { MessageChannel: Native } = globalThis;
class Counted extends Native {
  constructor() {
    super();
    channels.push(this);
    const { port2 } = this;
    const post = port2.postMessage.bind(port2);
    port2.postMessage = (message: unknown) => {
      messages++;
      post(message);
    };
  }
}

after(() => {
  for (const { port1, port2 } of channels) {
    port1.close();
    port2.close();
  }
});

/** Does something while globals of the page are others. */
async function withGlobals(
  changes: Partial<Page>,
  work: () => void | Promise<void>,
): Promise<void> {
  const kept = (Object.keys(changes) as (keyof Page)[]).map((name) => [name, page[name]] as const);
  Object.assign(page, changes);
  try {
    await work();
  } finally {
    for (const [name, value] of kept) page[name] = value;
  }
}

/** A test in which hosts take the channels that are closed at the end. */
function onPage(name: string, work: () => void | Promise<void>): void {
  test(name, () => withGlobals({ MessageChannel: Counted }, work));
}

/** Gives way until the page has done something. */
function* untilDone(done: () => boolean): Routine<void> {
  while (!done()) yield* yieldNow();
}

/** So that every turn is posted. */
const SHORT = { ms: 0, switches: 10 };

onPage("turns come as messages, by one channel a host, and not by timers", async () => {
  const host = new BrowserHost();
  const before = [channels.length, messages] as const;
  const timers: unknown[] = [];
  const { setTimeout: native } = globalThis;
  const counting = (callback: () => void, ms: number) => (timers.push(ms), native(callback, ms));
  await withGlobals({ setTimeout: counting }, async () => {
    for (let i = 0; i < 2; i++) {
      await run({ host, budget: SHORT }, function* () {
        for (let n = 0; n < 100; n++) yield* yieldNow();
      });
    }
  });
  assert.equal(channels.length - before[0], 1);
  assert.ok(messages - before[1] >= 18, `${messages - before[1]} messages`);
  assert.deepEqual(timers, []);
});

onPage("what was posted is called in its order, each once, and not within the call", async () => {
  const host = new BrowserHost();
  const log = new Log();
  await new Promise<void>((resolve) => {
    host.post(() => {
      log.say("a");
      host.post(() => {
        log.say("d");
        resolve();
      });
    });
    host.post(() => log.say("b"));
    host.post(() => log.say("c"));
    log.say("posted");
  });
  log.is(["posted", "a", "b", "c", "d"]);
});

const PAGE: [name: string, begin: (done: () => void) => void][] = [
  ["a timer", (done) => void setTimeout(done, 1)],
  ["a microtask", (done) => queueMicrotask(done)],
  [
    "a message",
    (done) => {
      const channel = new Counted();
      (channel.port1 as { onmessage?: () => void }).onmessage = done;
      channel.port2.postMessage(0);
    },
  ],
];

for (const [name, begin] of PAGE) {
  onPage(`${name} of the page has its turn during a storm of yields`, async () => {
    let done = false;
    await run({ host: new BrowserHost() }, function* () {
      yield* scope(function* () {
        begin(() => {
          done = true;
        });
        for (let i = 0; i < 100; i++) spawn(untilDone, () => done);
      });
    });
    assert.ok(done);
  });
}

onPage(
  "sleepers wake in the order of their deadlines, time limits pass, promises wake",
  async () => {
    const log = new Log();
    await run({ host: new BrowserHost() }, function* () {
      yield* scope(function* () {
        for (const ms of [200, 1, 100]) {
          spawn(function* () {
            yield* sleep(ms);
            log.say(`${ms} ms`);
          });
        }
      });
      log.say(yield* moveOnAfter(1, () => suspend<string>(() => {}), "moved on"));
      log.say(yield* until(new Promise<string>((resolve) => setTimeout(resolve, 1, "resolved"))));
    });
    log.is(["1 ms", "100 ms", "200 ms", "moved on", "resolved"]);
  },
);

onPage("a sleep of more than 2^31 ms does not end at once", async () => {
  const awake = await run({ host: new BrowserHost() }, function* () {
    const sleepers = [2 ** 31, 2 ** 32 + 1, 1e15].map((ms) => spawn(() => sleep(ms)));
    yield* sleep(5);
    for (let i = 0; i < 10; i++) yield* yieldNow();
    const ended = sleepers.filter((sleeper) => !sleeper.alive).length;
    for (const sleeper of sleepers) void sleeper.cancel();
    return ended;
  });
  assert.equal(awake, 0);
});

onPage("a timer is asked for no more than a page can do, and once more when it comes", async () => {
  const asked: number[] = [];
  const callbacks: (() => void)[] = [];
  const recording = (callback: () => void, ms: number) => {
    asked.push(ms);
    callbacks.push(callback);
    return undefined;
  };
  const { setImmediate: soon } = globalThis;
  await withGlobals({ setTimeout: recording }, async () => {
    const sleeper = run({ host: new BrowserHost() }, () => sleep(2 ** 33) as never);
    try {
      while (asked.length === 0) await new Promise((resolve) => soon(resolve));
      assert.deepEqual(asked, [2 ** 31 - 1]);
      callbacks[0]?.();
      assert.deepEqual(asked, [2 ** 31 - 1, 2 ** 31 - 1]);
      assert.ok(sleeper.fiber.alive);
    } finally {
      sleeper.cancel();
    }
    await assert.rejects(sleeper, FiberError);
  });
});

onPage(
  "a failure that nobody is told of goes to reportError, and where there is none to the console",
  async () => {
    const error = new Error("of nobody");
    const host = new BrowserHost();
    const reported: unknown[] = [];
    const report = (got: unknown) => void reported.push(got);
    await withGlobals({ reportError: report }, () => host.report(error));
    assert.deepEqual(reported, [error]);
    await withGlobals({ reportError: undefined, console: { error: report } }, () =>
      host.report(error),
    );
    assert.deepEqual(reported, [error, error]);
  },
);

test("where there are no channels, turns come by timers", async () => {
  await withGlobals({ MessageChannel: undefined }, async () => {
    const before = messages;
    const count = await run({ host: new BrowserHost(), budget: SHORT }, function* () {
      let turns = 0;
      for (; turns < 30; turns++) yield* yieldNow();
      yield* sleep(1);
      return turns;
    });
    assert.deepEqual([count, messages], [30, before]);
  });
});

onPage(
  "a page may always wake a fiber: nobody is told of a deadlock, and a cancel ends the run",
  async () => {
    const waiting = run({ host: new BrowserHost() }, () => suspend(() => {}) as never);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.ok(waiting.fiber.alive);
    waiting.cancel();
    await assert.rejects(waiting, { code: "cancelled" });
  },
);

onPage("a page has no contexts to keep: asyncContext asks for nothing there", async () => {
  const value = await run({ host: new BrowserHost(), asyncContext: true }, function* () {
    yield* sleep(1);
    return "runs";
  });
  assert.equal(value, "runs");
});
