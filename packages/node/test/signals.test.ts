/** Signals, and what comes from stdin. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { type Op, run, scope, spawn, yieldNow } from "fibril";
import { onSignal } from "@fibril/node";
import { leavesNothing } from "./support/open.ts";
import { program } from "./support/program.ts";
import { caught, holds } from "./support/streams.ts";

const me = (signal: NodeJS.Signals): boolean => process.kill(process.pid, signal);

test("signals come through a channel, while its scope is open", async (t) => {
  leavesNothing(t);
  await run(function* () {
    yield* scope(function* () {
      const signals = onSignal(["SIGHUP", "SIGUSR1"]);
      me("SIGUSR1");
      assert.equal(yield* signals.receive(), "SIGUSR1");
      me("SIGHUP");
      assert.equal(yield* signals.receive(), "SIGHUP");
      assert.deepEqual([process.listenerCount("SIGHUP"), process.listenerCount("SIGUSR1")], [1, 1]);
    });
    assert.deepEqual([process.listenerCount("SIGHUP"), process.listenerCount("SIGUSR1")], [0, 0]);
  });
});

test("a channel that is closed listens no more, and two do not disturb each other", async (t) => {
  leavesNothing(t);
  await run(function* () {
    const [one, other] = [onSignal("SIGWINCH"), onSignal("SIGWINCH")];
    one.close();
    assert.equal(process.listenerCount("SIGWINCH"), 1);
    me("SIGWINCH");
    assert.equal(yield* other.receive(), "SIGWINCH");
    assert.equal(yield* caught(() => one.receive()), "ended");
  });
});

test("a wait for a signal is called off, and leaves nothing", async (t) => {
  leavesNothing(t);
  await run(function* () {
    const waiting = spawn(() => scope(() => onSignal("SIGHUP").receive()));
    yield* yieldNow();
    assert.equal(process.listenerCount("SIGHUP"), 1);
    yield* waiting.cancel() as unknown as Op<void>;
    assert.equal(process.listenerCount("SIGHUP"), 0);
  });
});

test("signals that nobody receives are bounded", async (t) => {
  leavesNothing(t);
  await run(function* () {
    const last = onSignal("SIGWINCH", { capacity: 1, overflow: "sliding" });
    const fails = onSignal("SIGWINCH", { capacity: 1, overflow: "fail" });
    for (let n = 1; n <= 3; n++) {
      me("SIGWINCH");
      // The system does not count signals: one that comes before the last was told is none.
      yield* holds(() => last.stats().dropped + last.stats().buffered >= n);
    }
    yield* holds(() => fails.closed);
    yield* fails.receive();
    assert.equal(yield* caught(() => fails.receive()), "overflow");
  });
});

test("what is no signal is refused, and nothing is left of the others", async (t) => {
  leavesNothing(t);
  await run(function* () {
    assert.throws(
      () => onSignal("SIGNONE" as never),
      /onSignal takes the name of a signal that can be caught/,
    );
    assert.throws(() => onSignal(["SIGHUP", "SIGKILL"]), /onSignal takes/);
    for (const none of [undefined, null, 5, {}, []]) {
      assert.throws(() => onSignal(none as never), /onSignal takes .* or an array of names/);
    }
    assert.throws(() => onSignal("SIGHUP", { capacity: 0 }), /capacity of onSignal takes/);
    assert.throws(
      () => onSignal("SIGHUP", { often: 1 } as never),
      /onSignal has no option "often"/,
    );
    assert.equal(process.listenerCount("SIGHUP"), 0);
    yield* yieldNow();
  });
});

test("a program that only waits for a signal stays alive, and decides itself", async (t) => {
  const { child, says, ended } = program(
    t,
    `await run(function* () {
      const signals = onSignal(["SIGINT", "SIGTERM"]);
      console.log("up");
      console.log("got " + (yield* signals.receive()));
    });
    console.log("goodbye");`,
  );
  await says(/up/);
  child.kill("SIGINT");
  assert.deepEqual(await ended, { code: 0, said: "up\ngot SIGINT\ngoodbye\n" });
});

test("under main, a signal still ends the program, and a routine may hear of others", async (t) => {
  const { child, says, ended } = program(
    t,
    `await main(function* () {
      const reloads = onSignal("SIGHUP");
      spawn(() => reloads.each((signal) => console.log("reload")));
      const signals = onSignal("SIGTERM");
      console.log("up");
      try {
        yield* sleep(600_000);
      } finally {
        console.log("cleaned up after", yield* shield(() => signals.receive()));
      }
    });`,
  );
  await says(/up/);
  child.kill("SIGHUP");
  await says(/reload/);
  child.kill("SIGTERM");
  assert.deepEqual(await ended, { code: 143, said: "up\nreload\ncleaned up after SIGTERM\n" });
});

test("lines of stdin, in one scope after the other, without losing one", async (t) => {
  const { child, ended } = program(
    t,
    `const ask = () => run(function* () { return yield* stdinLines().read(); });
    console.log(await ask(), await ask());
    await sleepless(20);
    await run(function* () {
      yield* scope(function* () { stdinLines(); });
      yield* stdinLines().each((line) => console.log(line));
    });
    function sleepless(ms) { return new Promise((wakes) => setTimeout(wakes, ms)); }`,
  );
  child.stdin.write("one\ntwo\nthree\nfo");
  setTimeout(() => child.stdin.end("ur\nfive"), 50);
  assert.deepEqual(await ended, { code: 0, said: "one two\nthree\nfour\nfive\n" });
});

test("stdin that is open does not keep a program alive that reads no more", async (t) => {
  const { child, ended } = program(
    t,
    `console.log(await run(function* () { return yield* stdinLines().read(); }));
    const cancelled = run(function* () { yield* stdinLines().read(); });
    await new Promise((wakes) => setTimeout(wakes, 20));
    cancelled.cancel();
    await cancelled.catch(() => {});
    console.log("done");`,
  );
  child.stdin.write("hello\n");
  assert.deepEqual(await ended, { code: 0, said: "hello\ndone\n" });
});

test("a folder for the time being goes also when the program exits in the middle", async (t) => {
  const { ended } = program(
    t,
    `run(function* () {
      console.log(yield* tempDir());
      process.exit(3);
    });`,
  );
  const { code, said } = await ended;
  assert.deepEqual([code, existsSync(said.trim())], [3, false]);
});
