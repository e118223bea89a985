/** The same in direct style. */
import { Fiber } from "fibril/direct";

function counter(): void {
  "use fibers";
  for (let times = 1; ; times++) Fiber.yield(times);
}

export const create = (): Fiber<[], number, unknown, void> => new Fiber(counter);
