/** Waits for something that only a callback ends: no deadlock as long as one is to come. */
import { run, suspend } from "fibril";

const log: string[] = [];
const results = await Promise.all([
  run(function* () {
    return yield* suspend<string>("a timer", (wake) => {
      setTimeout(() => {
        log.push("woken");
        wake("by the timer");
      }, 50);
    });
  }),
  run({ budget: { ms: 1 } }, function* () {
    return yield* suspend<string>("the other run's callback", (wake) => {
      setTimeout(wake, 100, "later");
    });
  }),
]);
console.log([...log, ...results].join(", "));
