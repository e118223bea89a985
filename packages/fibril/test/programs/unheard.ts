/** Runs whose promises are not handled: prints which of them the host reports. */
import { type Fiber, main, monitor, run, sleep, spawn, supervised } from "fibril";

process.on("unhandledRejection", (error) => console.log(`unheard: ${(error as Error).message}`));

const fails = (message: string) =>
  run(function* failing() {
    yield* sleep(1);
    throw new Error(message);
  });
const waits = (signal?: AbortSignal) =>
  run(signal === undefined ? {} : { signal }, function* waiting() {
    yield* sleep(1e6);
  });
const caught = function* (fiber: Fiber<any, any, any, any>) {
  try {
    yield* fiber;
  } catch (error) {
    console.log(`joined: ${(error as Error).message}`);
  }
};

void fails("nobody");

fails("its fiber's promise")
  .fiber.promise()
  .catch(() => {});
void run(caught, fails("a joiner").fiber);
monitor(fails("a monitor").fiber, () => {});
waits().cancel("on purpose");
const started = waits();
const controller = new AbortController();
void waits(controller.signal);
const killed = waits();
setTimeout(() => {
  started.cancel("on purpose");
  controller.abort();
  killed.fiber.kill();
}, 2);

const failsInCleanUp = run(function* () {
  try {
    yield* sleep(1e6);
  } finally {
    throw new Error("in clean-up"); // oxlint-disable-line no-unsafe-finally -- that is the case
  }
});

await main(function* () {
  yield* sleep(5);
  failsInCleanUp.cancel().then(null, (error: Error) => console.log(`asked: ${error.message}`));
  yield* supervised(function* () {
    const child = spawn(function* () {
      throw new Error("a child's promise");
    });
    void child.promise();
    yield* sleep(1);
  });
  // A scope that passes an error on has observed it.
  try {
    yield* run(function* () {
      void spawn(function* () {
        throw new Error("a scope");
      }).promise();
    }).fiber;
  } catch {}
  yield* sleep(20);
});
