/**
 * One side of a comparison, read from the word that names it: a runtime, a result file, a folder with a built
 * `fibril`, a commit of the checkout, another Node, or flags for Node.
 */
import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { findRuntime } from "../runtimes/registry.js";
import type { Variant } from "../runtimes/variant.js";
import { readStored, type Stored } from "../runs/store.js";
import { type Build, builtAt, labWith } from "./build.js";

export type Side = { readonly stored: Stored } | { readonly variant: Variant };

/** Throws, with a message for the user, when the word names nothing. */
export async function readSide(word: string, runtime: string, scratch: string): Promise<Side> {
  if (findRuntime(word) !== undefined) return { variant: { label: word, runtime: word } };
  if (word.startsWith("flags:")) {
    const nodeFlags = word
      .slice("flags:".length)
      .split(/\s+/)
      .filter((flag) => flag !== "");
    return { variant: { label: word, runtime, nodeFlags } };
  }
  if (word.startsWith("node:")) {
    return { variant: { label: word, runtime, node: executable(word.slice("node:".length)) } };
  }
  if (existsSync(word) && statSync(word).isFile()) return { stored: readStored(word) };
  const isCompiled = findRuntime(runtime)?.compiled === true;
  const build = existsSync(word)
    ? buildIn(word)
    : await builtAt(commitOf(word), scratch, isCompiled);
  return { variant: { label: word, runtime, worker: await labWith(build, scratch, isCompiled) } };
}

function executable(path: string): string {
  const full = resolve(path);
  try {
    accessSync(full, constants.X_OK);
  } catch (error) {
    throw new Error(`node:${path} cannot be run: ${(error as Error).message}`, { cause: error });
  }
  return full;
}

/** The folder is the package itself, or a workspace that contains it. The compiler may stand beside it. */
function buildIn(folder: string): Build {
  for (const candidate of [folder, join(folder, "packages/fibril")]) {
    const manifest = join(candidate, "package.json");
    if (!existsSync(manifest)) continue;
    const { name } = JSON.parse(readFileSync(manifest, "utf8")) as { name?: string };
    if (name !== "fibril") continue;
    if (!isBuilt(candidate)) {
      throw new Error(`${candidate} is not built: there is no dist/index.js`);
    }
    const compiler = resolve(candidate, "../compiler");
    return { fibril: resolve(candidate), ...(isBuilt(compiler) && { compiler }) };
  }
  throw new Error(`${folder} contains no package named fibril`);
}

const isBuilt = (folder: string): boolean => existsSync(join(folder, "dist/index.js"));

function commitOf(word: string): string {
  const unknown =
    `${word} is not a runtime, a result file, a folder with a built fibril, or a commit of this checkout; ` +
    `flags:--… and node:/path name flags for Node and another Node`;
  if (word.startsWith("-")) throw new Error(unknown);
  try {
    const args = ["rev-parse", "--verify", "--quiet", `${word}^{commit}`];
    return execFileSync("git", args, { encoding: "utf8", stdio: "pipe" }).trim();
  } catch (error) {
    throw new Error(unknown, { cause: error });
  }
}
