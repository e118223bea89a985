/** A routine that counts. Each import with another query is another routine: see `ofMany`. */
import { Fiber, type Routine } from "fibril";

function* counter(): Routine<void, number, unknown> {
  for (let times = 1; ; times++) yield* Fiber.yield(times);
}

export const create = (): Fiber<[], number, unknown, void> => new Fiber(counter);
