/** What a stored run tells about its origin. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describeMachine } from "#lab/runs/machine.js";
import { stored } from "#lab/runs/store.js";
import { scratch } from "./support.js";

const LAB = fileURLToPath(new URL("../../", import.meta.url));
const machine = describeMachine(new Map());
const git = (cwd: string, ...args: string[]): string =>
  execFileSync("git", args, { cwd, encoding: "utf8", stdio: "pipe" }).trim();

test("the commit is the lab's own, wherever it is called", (t) => {
  let commit: string;
  try {
    git(LAB, "ls-files", "--error-unmatch", "package.json");
    commit = git(LAB, "rev-parse", "--short", "HEAD");
  } catch {
    t.skip("no checkout");
    return;
  }
  const before = process.cwd();
  process.chdir(scratch());
  try {
    assert.equal(stored(machine, [], []).commit?.split(" ")[0], commit);
  } finally {
    process.chdir(before);
  }
});

test("a lab that is installed in another's repository has no commit", async () => {
  const folder = scratch();
  git(folder, "init", "-q");
  const who = ["-c", "user.name=x", "-c", "user.email=x@x"];
  git(folder, ...who, "commit", "-q", "--allow-empty", "-m", "theirs");
  cpSync(join(LAB, "dist"), join(folder, "dist"), { recursive: true });
  cpSync(join(LAB, "package.json"), join(folder, "package.json"));
  symlinkSync(join(LAB, "../../node_modules"), join(folder, "node_modules"));
  const installed = (await import(pathToFileURL(join(folder, "dist/runs/store.js")).href)) as {
    stored: typeof stored;
  };
  assert.equal(installed.stored(machine, [], []).commit, undefined);
});
