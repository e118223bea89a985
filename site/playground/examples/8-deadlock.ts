// A deadlock says who waits for what
import { DeadlockError, Mutex, runSync, spawn, yieldNow } from "fibril";

const [fork, knife] = [new Mutex({ name: "fork" }), new Mutex({ name: "knife" })];

function* eat(first: Mutex, second: Mutex) {
  yield* first.acquire();
  yield* yieldNow();
  yield* second.acquire();
}

try {
  runSync(function* dinner() {
    spawn("Ada", eat, fork, knife);
    spawn("Bob", eat, knife, fork);
  });
} catch (error) {
  if (!(error instanceof DeadlockError)) throw error;
  console.log(error.message);
}

// Prints:
// every fiber is waiting and nothing can wake them:
//   in a cycle: fiber "Ada" (routine mutex.acquire()) waits for mutex "knife", held by fiber "Bob" (routine mutex.acquire()), fiber "Bob" (routine mutex.acquire()) waits for mutex "fork", held by fiber "Ada" (routine mutex.acquire())
//   fiber "dinner" waits for its 2 children
//   fiber "Ada" (routine mutex.acquire()) waits for mutex "knife", held by fiber "Bob" (routine mutex.acquire())
//   fiber "Bob" (routine mutex.acquire()) waits for mutex "fork", held by fiber "Ada" (routine mutex.acquire())
