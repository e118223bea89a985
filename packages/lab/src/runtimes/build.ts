/**
 * Compiles programs. What was built is kept in the user's cache, in a folder whose name is derived from the
 * content of the sources, the compiler and its arguments.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { cache } from "../system/cache.js";
import { run } from "../system/child.js";

/** Seconds for a build: Crystal needs half a minute on a quiet machine. */
const PATIENCE = 600;

export interface Recipe {
  readonly name: string;
  /** Full paths of all files that the result depends on. */
  readonly sources: readonly string[];
  /** The compiler as it describes itself. */
  readonly version: string;
  readonly command: string;
  /** The compiler's arguments that put the result into a folder. */
  readonly args: (folder: string) => readonly string[];
}

/** Returns the folder with the built program. Throws the compiler's message when it fails. */
export async function build(recipe: Recipe): Promise<string> {
  const folder = join(cache(), `${recipe.name}-${await fingerprint(recipe)}`);
  if (existsSync(folder)) return folder;
  await mkdir(cache(), { recursive: true });
  const making = await mkdtemp(join(cache(), `${recipe.name}-making-`));
  try {
    await compile(recipe, making);
    await rename(making, folder);
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    // Another lab has built it meanwhile.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

async function fingerprint({ sources, version, command, args }: Recipe): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([version, command, args("")]));
  for (const source of sources) hash.update(await readFile(source));
  return hash.digest("hex").slice(0, 16);
}

async function compile({ name, command, args }: Recipe, folder: string): Promise<void> {
  const interrupted = new AbortController();
  const stop = (): void => interrupted.abort();
  process.once("SIGINT", stop);
  const { stderr, trouble } = await run(command, args(folder), PATIENCE, interrupted.signal);
  process.removeListener("SIGINT", stop);
  if (trouble === undefined) return;
  const told = stderr.split("\n").find((line) => /error/i.test(line)) ?? trouble;
  throw new Error(`${name} could not be built: ${told.trim()}`);
}
