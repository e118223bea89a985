// A week in virtual time
import { now, run, sleep, spawn } from "fibril";
import { VirtualHost } from "fibril/testing";

const DAY = 24 * 3_600_000;
const host = new VirtualHost();

await run({ host }, function* week() {
  spawn(function* postman() {
    for (let day = 1; day <= 7; day++) {
      yield* sleep(DAY);
      console.log(`day ${day}: ${now() / 3_600_000} hours have gone by`);
    }
  });
});

// Prints:
// day 1: 24 hours have gone by
// day 2: 48 hours have gone by
// day 3: 72 hours have gone by
// day 4: 96 hours have gone by
// day 5: 120 hours have gone by
// day 6: 144 hours have gone by
// day 7: 168 hours have gone by
