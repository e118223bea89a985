/**
 * A worker of `map` that takes its items itself. It comes in two kinds, so that its frame is of the same kind as the frame of
 * the work that it calls. To change between the two kinds costs as much as all else between two items.
 */
import {
  calling,
  type Frame,
  type FrameRoutine,
  frames,
  type How,
  KILL,
  Op,
  perform,
  RAISE,
  RETURN,
  type Routine,
  SUSPEND,
} from "../core/index.js";
import { breathe } from "../policy/breathe.js";
import { END, type Pulled } from "./source.js";
import type { Workers } from "./workers.js";

/** At every 64th item. What never waits must not keep everybody else waiting; the clock is not free, though. */
const OFTEN = 63;

/** For work of any kind. */
export const pullingGenerator = function* worker(
  workers: Workers,
  source: Pulled<unknown>,
): Routine<void> {
  const { emit, work } = workers;
  for (let isFirst = true; ; isFirst = false) {
    const item = workers.pull(source, isFirst);
    if (item === END) return;
    const index = workers.taken - 1;
    if ((index & OFTEN) === 0) yield* breathe();
    const value = yield* calling(work, item, index);
    if (emit === null) workers.keep(value, index);
    else yield* workers.send(emit, value, index);
  }
};

/** Where it stands: it has had no item, is free for the next one, holds one, or is at work on it. */
const STARTS = 0;
const FREE = 1;
const HOLDS = 2;
const WORKS = 3;

/** For state machines whose results are kept. */
export const pullingMachine: FrameRoutine<
  [workers: Workers, source: Pulled<unknown>],
  void,
  never,
  any
> = frames("worker", (frame: Frame, how: How, value: unknown) => {
  if (how === RAISE) throw value;
  if (how === RETURN) return KILL;
  const workers = frame.a as Workers;
  for (;;) {
    if (frame.pc <= FREE) {
      frame.c = workers.pull(frame.b as Pulled<unknown>, frame.pc === STARTS);
      if (frame.c === END) return undefined;
      frame.d = workers.taken - 1;
      frame.pc = HOLDS;
      const pause = ((frame.d as number) & OFTEN) === 0 ? breathe() : undefined;
      if (pause instanceof Op) return perform(pause);
    }
    if (frame.pc === HOLDS) {
      frame.pc = WORKS;
      // It runs in here, and often ends in here.
      const step = (calling(workers.work, frame.c, frame.d as number) as Op<unknown, never>).next();
      if (step === SUSPEND) return SUSPEND;
      ({ value } = step);
    }
    frame.pc = FREE;
    workers.keep(value, frame.d as number);
  }
});
