/**
 * Processes, files and signals, many at a time, stopped at any moment in any way: nothing is left of any of them.
 * FIBRIL_PROCESS_RUNS sets how many.
 */
import fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { moveOnAfter, scope, sleep, spawn } from "fibril";
import {
  exec,
  lines,
  onSignal,
  open,
  ProcessError,
  replaceFile,
  spawnProcess,
  tempDir,
  walk,
  watch,
  writeFile,
} from "@fibril/node";
import { inFolder } from "./support/folder.ts";
import { leavesNothing } from "./support/open.ts";
import { holds } from "./support/streams.ts";

const RUNS = Number(process.env["FIBRIL_PROCESS_RUNS"] ?? 150);
const SEED = Number(process.env["FIBRIL_SEED"] ?? 17_263);

// The system's line of changes is opened with the first watcher, and stays open.
fs.watch(".").close();

type Random = (below: number) => number;

function seeded(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const OPERATIONS: readonly ((random: Random, parent: string) => Generator<any, unknown, any>)[] = [
  function* (random) {
    const script = `cat; sleep 0.00${random(10)}; exit ${random(2)}`;
    yield* exec("sh", ["-c", script], { input: "x".repeat(random(200_000)) });
  },
  function* (random) {
    const options = { stderr: "pipe", group: random(2) === 0, grace: random(30) } as const;
    const cat = yield* spawnProcess("cat", [], options);
    for (let n = random(20); n > 0; n--) yield* cat.stdin.write("y\n".repeat(random(5_000)));
    yield* cat.stdin.end();
    yield* cat.lines().each(() => {});
    yield* cat.exit();
  },
  function* (random) {
    const script = "trap '' TERM; sleep 600 & wait";
    yield* spawnProcess("sh", ["-c", script], { group: true, grace: random(5) });
    yield* sleep(random(5));
  },
  function* () {
    yield* (yield* spawnProcess("yes")).lines().each(() => {});
  },
  function* () {
    yield* spawnProcess("no-such-command");
  },
  function* (random, parent) {
    const path = join(yield* tempDir({ parent }), "x");
    yield* replaceFile(path, function* (writer) {
      for (let n = random(9); n > 0; n--) yield* writer.write("z\n".repeat(random(50_000)));
    });
    yield* lines(path).each(() => {});
    const writer = (yield* open(path, { flags: "a" })).writer();
    for (let n = random(30); n > 0; n--) yield* writer.write("z".repeat(random(100_000)));
    yield* walk(parent).read();
  },
  function* (random, parent) {
    const folder = yield* tempDir({ parent });
    const changes = watch(folder, { capacity: 1 + random(5), overflow: "sliding" });
    for (let n = 0; n < 9; n++) yield* writeFile(join(folder, String(n)), "x");
    yield* changes.receive();
  },
  function* () {
    yield* onSignal(["SIGHUP", "SIGWINCH"]).receive();
  },
];

test(`${RUNS} operations, stopped at any moment, seed ${SEED}`, async (t) => {
  leavesNothing(t);
  const random = seeded(SEED);
  let left = RUNS;
  function* one(parent: string) {
    const operation = OPERATIONS[random(OPERATIONS.length)]!;
    const fiber = spawn(function* () {
      try {
        yield* scope(() => operation(random, parent));
      } catch (error) {
        // A walk may meet a folder that another fiber has just removed.
        if (!(error instanceof ProcessError || (error as { code?: unknown }).code === "ENOENT"))
          throw error;
      }
    });
    yield* moveOnAfter(random(40), () => holds(() => !fiber.alive));
    const how = random(4);
    if (how === 0) fiber.kill();
    else fiber.cancel("enough", how === 1 ? { grace: 0 } : {});
    yield* holds(() => !fiber.alive);
  }
  await inFolder(function* (parent) {
    yield* scope(function* () {
      for (let n = 0; n < 6; n++) {
        spawn(function* () {
          while (left-- > 0) yield* one(parent);
        });
      }
    });
    yield* holds(() => fs.readdirSync(parent).length === 0);
  });
});
