/** A scope that is never closed. */
import { createScope, sleep } from "fibril";

const fibers = createScope();
fibers.spawn(function* () {
  yield* sleep(1);
  console.log("done");
});
