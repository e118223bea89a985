/** Groups of workers that crash and are started again; one group is stopped meanwhile: Effect. */
import { Data, Effect, FiberMap } from "effect";
import { runMain } from "../support/effect-node.ts";
import * as spec from "./spec.ts";

const { stats, alive } = spec;

class Crash extends Data.TaggedError("Crash")<{ readonly cause: unknown }> {}
class TooManyRestarts extends Data.TaggedError("TooManyRestarts")<{ readonly cause: unknown }> {}

interface Supervisor {
  readonly start: (name: string, work: Effect.Effect<void, unknown>) => Effect.Effect<void>;
  readonly stop: (name: string) => Effect.Effect<void>;
  readonly end: Effect.Effect<void, TooManyRestarts>;
}

const makeSupervisor = (intensity: typeof spec.GROUP_RESTARTS, onRestart: () => void) =>
  Effect.gen(function* () {
    const children = yield* FiberMap.make<string, void, TooManyRestarts>();
    const restarts: number[] = [];
    const keepUp = (work: Effect.Effect<void, unknown>): Effect.Effect<void, TooManyRestarts> =>
      work.pipe(
        Effect.catch((cause) => {
          const now = performance.now();
          while (restarts.length > 0 && restarts[0]! < now - intensity.within) restarts.shift();
          if (restarts.length >= intensity.restarts) {
            return Effect.fail(new TooManyRestarts({ cause }));
          }
          restarts.push(now);
          onRestart();
          return keepUp(work);
        }),
      );
    const supervisor: Supervisor = {
      start: (name, work) => Effect.asVoid(FiberMap.run(children, name, keepUp(work))),
      stop: (name) => FiberMap.remove(children, name),
      end: Effect.raceFirst(FiberMap.join(children), FiberMap.awaitEmpty(children)),
    };
    return supervisor;
  });

const worker = (id: string) =>
  Effect.gen(function* () {
    stats.starts++;
    alive.add(id);
    for (let unit = 0; unit < spec.units(id); unit++) {
      yield* Effect.sleep(spec.pause(id, unit));
      yield* Effect.try({
        try: () => spec.work(id, unit),
        catch: (cause) => new Crash({ cause }),
      });
    }
    spec.finished.add(id);
  }).pipe(
    Effect.ensuring(
      Effect.gen(function* () {
        yield* Effect.sleep(2); // clean-up that waits
        alive.delete(id);
        stats.cleanUps++;
      }),
    ),
  );

const group = (g: number) =>
  Effect.gen(function* () {
    const supervisor = yield* makeSupervisor(spec.WORKER_RESTARTS, () => void stats.crashes++);
    for (const id of spec.workersOf(g)) yield* supervisor.start(id, worker(id));
    yield* supervisor.end;
  }).pipe(Effect.scoped);

const program = Effect.gen(function* () {
  const all = yield* makeSupervisor(spec.GROUP_RESTARTS, () => void stats.groupRestarts++);
  for (const g of spec.groups) yield* all.start(`group ${g}`, group(g));
  yield* Effect.sleep(50);
  yield* all.stop(`group ${spec.STOPPED}`);
  yield* all.end;
  spec.report();
}).pipe(Effect.scoped);

runMain(program);
