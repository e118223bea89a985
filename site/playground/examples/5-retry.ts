// Try again, each time a little later
import { exponential, retry, run, timeout, until } from "fibril";

let attempts = 0;
async function unreliable() {
  attempts++;
  if (attempts < 4) throw new Error(`attempt ${attempts} has failed`);
  return `it worked at attempt ${attempts}`;
}

const answer = await run(function* () {
  const schedule = exponential(10, { max: 100 }).attempts(5);
  return yield* timeout(2_000, function* () {
    return yield* retry(() => until(unreliable()), schedule);
  });
});
console.log(answer);

// Prints:
// it worked at attempt 4
