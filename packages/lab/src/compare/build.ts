/**
 * Another `fibril` for the measuring processes: it is built from a commit, and a copy of the lab uses
 * it.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../system/child.js";

const DIST = dirname(fileURLToPath(new URL("../worker.js", import.meta.url)));
const PACKAGE = join(DIST, "..");
/** Seconds for a build. */
const BUILD = 180;

/**
 * Builds the package of a commit with the compiler of this checkout and returns its folder. Throws when
 * it does not build.
 */
export async function builtAt(commit: string, scratch: string): Promise<string> {
  const top = execFileSync("git", ["rev-parse", "--show-toplevel"], { encoding: "utf8" }).trim();
  const folder = mkdtempSync(join(scratch, `${commit.slice(0, 12)}-`));
  const archive = join(folder, "tree.tar");
  const paths = ["packages/fibril", "tsconfig.base.json"];
  const git = ["-C", top, "archive", "-o", archive, commit, ...paths];
  await must(`there is no packages/fibril at ${commit.slice(0, 12)}`, "git", git);
  await must("tar", "tar", ["-xf", archive, "-C", folder]);
  symlinkSync(join(top, "node_modules"), join(folder, "node_modules"));
  const compiler = join(top, "node_modules/.bin/tsc");
  const project = join(folder, "packages/fibril");
  const fails = `${commit.slice(0, 12)} does not build`;
  await must(fails, compiler, ["-p", project]);
  // Earlier commits published what the compiler writes.
  const flatten = join(project, "scripts/flatten.js");
  if (existsSync(flatten)) await must(fails, process.execPath, [flatten]);
  return project;
}

async function must(what: string, command: string, args: readonly string[]): Promise<void> {
  const { trouble, stdout } = await run(command, args, BUILD, new AbortController().signal);
  if (trouble === undefined) return;
  throw new Error(`${what}: ${trouble} ${stdout.split("\n")[0] ?? ""}`.trimEnd());
}

/**
 * Copies the lab so that it uses the `fibril` in `folder`, and returns the copy's worker. A copy is better
 * than a resolution hook, which would run in the measured process and its thread.
 */
export function labWith(folder: string, scratch: string): string {
  const lab = mkdtempSync(join(scratch, "lab-"));
  cpSync(DIST, join(lab, "dist"), { recursive: true });
  cpSync(join(PACKAGE, "programs"), join(lab, "programs"), { recursive: true });
  cpSync(join(PACKAGE, "package.json"), join(lab, "package.json"));
  const modules = join(lab, "node_modules");
  mkdirSync(modules);
  const manifest = readFileSync(join(PACKAGE, "package.json"), "utf8");
  const { dependencies } = JSON.parse(manifest) as { dependencies: Record<string, string> };
  for (const name of Object.keys(dependencies)) {
    const target = name === "fibril" ? folder : installed(name);
    const link = join(modules, name);
    mkdirSync(dirname(link), { recursive: true });
    if (target !== undefined) symlinkSync(target, link);
  }
  return join(lab, "dist/worker.js");
}

/** Looks for a package as Node does, in the folders above. */
function installed(name: string): string | undefined {
  for (let at = PACKAGE; ; at = dirname(at)) {
    const found = join(at, "node_modules", name);
    if (existsSync(found)) return found;
    if (at === dirname(at)) return undefined;
  }
}
