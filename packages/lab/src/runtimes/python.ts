/** Python: its generators, asyncio's tasks, and greenlets where they are installed. */
import type { Found, RuntimeEntry } from "./entry.js";
import { entryOf, EXPERIMENTS_OF_PROGRAMS, programFile, outputOf } from "./program.js";

const COUNTED =
  "dropped objects are freed at once by reference counting; pauses are those of the cycle collector";

export const python: RuntimeEntry = entryOf({
  name: "python",
  label: "Python generators",
  experiments: EXPERIMENTS_OF_PROGRAMS,
  idiom: {
    ring: "a loop enters the generator that the last one yielded",
    gc: COUNTED,
  },
  slow: true,
  find: () => find("sys"),
  launch: () => launch("generators.py", "sys"),
});

const TURN = "asyncio.sleep(0): the event loop runs the tasks in turn";

export const asyncio: RuntimeEntry = entryOf({
  name: "asyncio",
  label: "Python asyncio",
  experiments: EXPERIMENTS_OF_PROGRAMS,
  idiom: {
    ring: "a number handed on through futures, a new one for each pass",
    resume: TURN,
    scale: TURN,
    create: TURN,
    depth: TURN,
    counters: TURN,
    gc: "each task waits for a future of its own; those that are dropped are cancelled",
  },
  slow: true,
  find: () => find("asyncio"),
  launch: () => launch("tasks.py", "asyncio"),
});

export const greenlet: RuntimeEntry = entryOf({
  name: "greenlet",
  label: "Python greenlets",
  experiments: EXPERIMENTS_OF_PROGRAMS,
  idiom: { gc: `${COUNTED}; GreenletExit ends it first` },
  slow: true,
  find: () => find("greenlet"),
  launch: () => launch("greenlets.py", "greenlet"),
});

const HINTS: Readonly<Record<string, string>> = {
  greenlet: "apt-get install python3-greenlet",
};

async function find(module: string): Promise<Found> {
  const [, version] = (await interpreterWith(module)) ?? [];
  if (version !== undefined) return { version };
  return {
    missing: `no Python 3.9 or newer here with ${module}`,
    hint: HINTS[module] ?? "apt-get install python3",
  };
}

async function launch(program: string, module: string) {
  const [command = "python3"] = (await interpreterWith(module)) ?? [];
  return { command, args: ["-B", programFile(`python/${program}`)] };
}

/** A machine may have several Pythons, of which only one has the module. */
async function interpreterWith(
  module: string,
): Promise<readonly [command: string, version: string] | undefined> {
  const asked = process.env["FIBRIL_PYTHON"];
  const script =
    `import sys, ${module}; assert sys.version_info >= (3, 9); ` +
    `print(sys.version.split()[0], getattr(${module}, '__version__', ''))`;
  for (const command of asked === undefined ? ["python3", "/usr/bin/python3"] : [asked]) {
    const answer = await outputOf(command, ["-c", script]);
    const [, version, own] = /^(\d+\.\d+\S*)(?: (\S+))?$/.exec(answer ?? "") ?? [];
    if (version === undefined) continue;
    return [command, own === undefined ? version : `${own} on Python ${version}`];
  }
  return undefined;
}
