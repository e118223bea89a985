/** Fibers that all wait. The first argument says what may act from outside. */
import { park, run, type RunOptions, sleep, suspend } from "fibril";
import { VirtualHost } from "fibril/testing";

/** Its timer keeps no process alive. */
const fires = (): AbortSignal => AbortSignal.timeout(100);
const never = (): AbortSignal => new AbortController().signal;

function* waits() {
  yield* suspend("nobody", () => {});
}

const end = (promise: Promise<unknown>): Promise<void> =>
  promise.then(
    (value) => console.log(value),
    (error: unknown) => console.log((error as Error).name),
  );
const waiting = (options: RunOptions = {}): Promise<void> => end(run(options, waits));

const programs: Record<string, () => unknown> = {
  "a signal that fires": () => waiting({ signal: fires() }),
  // When that one gets the error, it may wake this one.
  "a signal that fires, for another run"() {
    void waiting({ signal: fires() });
    void waiting();
  },
  "a signal of a run that has ended"() {
    void run({ signal: never() }, () => sleep(1));
    void waiting();
  },
  "no signal": () => waiting(),
  "a callback, in virtual time": () =>
    end(
      run({ host: new VirtualHost() }, () =>
        suspend<string>((wake) => void setTimeout(wake, 100, "woken")),
      ) as Promise<unknown>,
    ),
  "a signal that fires, in virtual time": () =>
    end(run({ host: new VirtualHost(), signal: fires() }, () => park())),
  "nothing, in virtual time": () => waiting({ host: new VirtualHost() }),
};

void programs[process.argv[2] ?? ""]?.();
