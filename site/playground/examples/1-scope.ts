// A time limit ends what is slow
import { moveOnAfter, run, sleep, spawn } from "fibril";

function* download(name: string, ms: number) {
  try {
    yield* sleep(ms);
    console.log(name, "done");
  } finally {
    console.log(name, "closed"); // after success, failure and cancellation alike
  }
}

await run(function* () {
  yield* moveOnAfter(300, function* () {
    spawn(download, "small", 100);
    spawn(download, "huge", 60_000);
  });
});

// Prints:
// small done
// small closed
// huge closed
