/** The same as a state machine by hand. */
import { Fiber } from "fibril";
import { frames, KILL, performYield, RAISE, RETURN } from "fibril/frames";

const counter = frames<[], void, number, unknown>("counter", (frame, how, value) => {
  if (how === RAISE) throw value;
  if (how === RETURN) return KILL;
  return performYield(++frame.pc);
});

export const create = (): Fiber<[], number, unknown, void> => new Fiber(counter);
