/**
 * Another `fibril` for the measuring processes, and the compiler that belongs to it: they are built from a commit,
 * and a copy of the lab uses them.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../system/child.js";

const DIST = dirname(fileURLToPath(new URL("../worker.js", import.meta.url)));
const PACKAGE = join(DIST, "..");
const COMPILER = "@fibril/compiler";
/** Seconds for a build. */
const BUILD = 180;

/** The packages of a build. */
export interface Build {
  /** The folder of `fibril`. */
  readonly fibril: string;
  /** The folder of `@fibril/compiler`, where the build has one and the measured runtime needs it. */
  readonly compiler?: string;
}

/**
 * Builds the packages of a commit with the TypeScript of this checkout. Throws when they do not build, or when
 * the commit has no compiler and one is needed.
 */
export async function builtAt(
  commit: string,
  scratch: string,
  needsCompiler: boolean,
): Promise<Build> {
  const top = execFileSync("git", ["rev-parse", "--show-toplevel"], { encoding: "utf8" }).trim();
  const name = commit.slice(0, 12);
  const folder = mkdtempSync(join(scratch, `${name}-`));
  const archive = join(folder, "tree.tar");
  const packages = ["packages/fibril", ...(needsCompiler ? ["packages/compiler"] : [])];
  const git = ["-C", top, "archive", "-o", archive, commit, ...packages, "tsconfig.base.json"];
  await must(`there is no ${packages.join(" and ")} at ${name}`, "git", git);
  await must("tar", "tar", ["-xf", archive, "-C", folder]);
  symlinkSync(join(top, "node_modules"), join(folder, "node_modules"));
  const tsc = join(top, "node_modules/.bin/tsc");
  const fails = `${name} does not build`;
  const fibril = join(folder, "packages/fibril");
  await must(fails, tsc, ["-p", fibril]);
  // Earlier commits published what tsc writes.
  const flatten = join(fibril, "scripts/flatten.js");
  if (existsSync(flatten)) await must(fails, process.execPath, [flatten]);
  if (!needsCompiler) return { fibril };
  const compiler = join(folder, "packages/compiler");
  linkDependencies(compiler, fibril, join(top, "packages/compiler"));
  await must(fails, tsc, ["-p", compiler]);
  return { fibril, compiler };
}

async function must(what: string, command: string, args: readonly string[]): Promise<void> {
  const { trouble, stdout } = await run(command, args, BUILD, new AbortController().signal);
  if (trouble === undefined) return;
  throw new Error(`${what}: ${trouble} ${stdout.split("\n")[0] ?? ""}`.trimEnd());
}

/**
 * Copies the lab so that it uses another build, and returns the copy's worker. A copy is better than a resolution
 * hook, which would run in the measured process and its thread. `isCompiled`: its compiled programs are measured.
 */
export async function labWith(
  { fibril, compiler }: Build,
  scratch: string,
  isCompiled: boolean,
): Promise<string> {
  const lab = mkdtempSync(join(scratch, "lab-"));
  cpSync(DIST, join(lab, "dist"), { recursive: true });
  cpSync(join(PACKAGE, "programs"), join(lab, "programs"), { recursive: true });
  cpSync(join(PACKAGE, "package.json"), join(lab, "package.json"));
  linkDependencies(lab, fibril, PACKAGE);
  if (isCompiled) await (compiler === undefined ? runWith(lab) : compileWith(compiler, lab));
  return join(lab, "dist/worker.js");
}

/** Compiles the programs of a lab again, with another compiler. */
async function compileWith(compiler: string, lab: string): Promise<void> {
  link(compiler, join(lab, "node_modules", COMPILER));
  cpSync(join(PACKAGE, "scripts"), join(lab, "scripts"), { recursive: true });
  const fails = "its compiler cannot compile the programs of the lab";
  await must(fails, process.execPath, [join(lab, "scripts/compile.js")]);
}

/** Copies what compiled programs call, because a link would lead them to the `fibril` beside the compiler. */
async function runWith(lab: string): Promise<void> {
  const compiler = installed(COMPILER, PACKAGE);
  if (compiler === undefined) throw new Error(`${COMPILER} is not installed`);
  for (const part of ["dist", "package.json"]) {
    cpSync(join(compiler, part), join(lab, "node_modules", COMPILER, part), { recursive: true });
  }
}

/** Links the dependencies of a package as they are installed for `from`, and another `fibril`. */
function linkDependencies(folder: string, fibril: string, from: string): void {
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    dependencies?: Record<string, string>;
  };
  for (const name of Object.keys({ ...dependencies, fibril })) {
    const target = name === "fibril" ? fibril : installed(name, from);
    if (target !== undefined) link(target, join(folder, "node_modules", name));
  }
}

function link(target: string, place: string): void {
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(target, place);
}

/** Looks for a package as Node does, in the folder and those above it. */
function installed(name: string, from: string): string | undefined {
  for (let at = from; ; at = dirname(at)) {
    const found = join(at, "node_modules", name);
    if (existsSync(found)) return found;
    if (at === dirname(at)) return undefined;
  }
}
