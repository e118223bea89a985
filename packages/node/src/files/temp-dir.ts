/** Folders for the time being. */
import { mkdtemp, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Op, resource, type Routine, routine, until } from "fibril";
import { checkOptions, type Rules } from "fibril/extend";
import { atExit } from "../process/at-exit.js";
import { acquired, pathOf } from "./call.js";

/** Options of `tempDir`. */
export interface TempDirOptions {
  /** What its name begins with: `fibril-` by default. */
  readonly prefix?: string | undefined;
  /** The folder in which it is made: the system's own for such things by default. */
  readonly parent?: string | undefined;
}

const RULES: Rules<TempDirOptions> = {
  prefix: {
    takes: "a part of a name, without / and NUL",
    holds: (value) => typeof value === "string" && !/[/\\\0]/.test(value),
  },
  parent: { takes: "a path", holds: (value) => typeof value === "string" },
};
const HOW = { recursive: true, force: true, maxRetries: 3 } as const;

interface Folder {
  readonly path: string;
  readonly forget: () => void;
}

function* made(prefix: string): Routine<Folder> {
  const path = yield* acquired<string>(
    "a folder for the time being",
    (done) => mkdtemp(prefix, done),
    (late) => rmSync(late, HOW),
  );
  return { path, forget: atExit(() => rmSync(path, HOW)) };
}

function* removed({ path, forget }: Folder): Routine<void> {
  // It is begun at once, also where the fiber may not wait, and at an exit meanwhile it is done by the listener.
  const gone = rm(path, HOW).finally(forget);
  yield* until(`${path} to be removed`, gone);
}

const folder = routine("tempDir", function* (prefix: string): Routine<string> {
  const { path } = yield* resource(() => made(prefix), removed);
  return path;
}) as unknown as (prefix: string) => Op<string>;

/**
 * Makes a new folder, which is removed with all that is in it when the innermost scope of the running fiber ends; also if
 * the process exits before, unless by a signal that cannot be caught.
 *
 * Results in its path. Suspends. Throws Node's error when it cannot be made, TypeError for invalid options. The
 * scope throws what the removal throws.
 *
 * ```ts
 * import { existsSync } from "node:fs";
 * import { run } from "fibril";
 * import { tempDir, writeFile } from "@fibril/node";
 *
 * const folder = await run(function* () {
 *   const path = yield* tempDir({ prefix: "example-" });
 *   yield* writeFile(`${path}/note`, "gone soon");
 *   return path;
 * });
 * existsSync(folder); // false
 * ```
 */
export function tempDir(options: TempDirOptions = {}): Op<string> {
  checkOptions("tempDir", options, RULES);
  const { prefix = "fibril-", parent = tmpdir() } = options;
  return folder(join(pathOf("tempDir", parent), prefix));
}
