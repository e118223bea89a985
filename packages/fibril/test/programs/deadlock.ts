/** Two fibers that wait for each other, on the host's own loop. */
import { type Fiber, run, spawn, yieldNow } from "fibril";

run({ name: "main" }, function* () {
  let other: Fiber | undefined;
  const first = spawn("first", function* () {
    yield* yieldNow();
    yield* other as Fiber;
  });
  other = spawn("second", function* () {
    yield* first;
  });
}).catch((error: Error) => console.log(error.message));
