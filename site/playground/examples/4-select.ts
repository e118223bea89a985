// Whatever happens first
import { Channel, run, select, sleep, spawn } from "fibril";

await run(function* () {
  const news = new Channel<string>();
  spawn(function* reporter() {
    yield* sleep(50);
    yield* news.send("it rains");
  });

  for (let round = 1; round <= 2; round++) {
    const { key, value } = yield* select({
      news: () => news.receive(),
      late: () => sleep(200),
    });
    console.log(round, key, value);
  }
});

// Prints:
// 1 news it rains
// 2 late undefined
