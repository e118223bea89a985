// Workers that share a channel
import { Channel, run, scope, sleep, spawn } from "fibril";

await run(function* () {
  const jobs = new Channel<string>(2, { name: "jobs" });
  let washed = 0;

  function* worker() {
    yield* jobs.each(function* () {
      yield* sleep(20);
      washed++;
    });
  }

  yield* scope(function* () {
    for (let id = 1; id <= 3; id++) spawn(`worker ${id}`, worker);
    for (let id = 1; id <= 12; id++) yield* jobs.send(`car ${id}`); // waits while the channel is full
    jobs.close();
  });
  console.log(washed, "cars are clean");
});

// Prints:
// 12 cars are clean
