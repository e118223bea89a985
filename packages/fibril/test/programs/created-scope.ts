/** A scope that nobody closes. */
import { createScope, sleep } from "fibril";

const fibers = createScope();
fibers.spawn(function* () {
  yield* sleep(1);
  console.log("done");
});
