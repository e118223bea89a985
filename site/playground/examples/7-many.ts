// 100,000 fibers at once
import { run, scope, sleep, spawn } from "fibril";

let done = 0;
function* worker(id: number) {
  yield* sleep(id % 100);
  done++;
}

await run(function* () {
  yield* scope(function* () {
    for (let id = 0; id < 100_000; id++) spawn(worker, id);
  });
});
console.log(done, "fibers have ended");

// Prints:
// 100000 fibers have ended
