/** A run of the lab as a file: what was measured, where, when, on what, and by which command. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Profile, Result } from "../cell.js";
import type { Machine } from "./machine.js";

export interface Stored {
  /** Of this format. */
  readonly version: 1;
  readonly machine: Machine;
  /** Of the checkout that the lab is a part of, where it is of one. */
  readonly commit?: string;
  readonly command: string;
  /** `2026-11-24 18:03 UTC` */
  readonly date: string;
  readonly results: readonly Result[];
  readonly profiles?: readonly Profile[];
}

export function stored(
  machine: Machine,
  args: readonly string[],
  results: readonly Result[],
  profiles: readonly Profile[] = [],
): Stored {
  const commit = commitHere();
  return {
    version: 1,
    machine,
    ...(commit === undefined ? {} : { commit }),
    command: ["fibril-lab", ...args].join(" "),
    date: new Date().toISOString().slice(0, 16).replace("T", " ") + " UTC",
    results,
    ...(profiles.length === 0 ? {} : { profiles }),
  };
}

/** Throws, in words for the user, when there is no such file or it is something else. */
export function readStored(path: string): Stored {
  let found: Partial<Stored>;
  try {
    found = JSON.parse(readFileSync(path, "utf8")) as Partial<Stored>;
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
  if (found.version !== 1 || !Array.isArray(found.results)) {
    throw new Error(`${path} is no result of this lab: it has no "version": 1 and "results"`);
  }
  return found as Stored;
}

export const toJson = (run: Stored): string => `${JSON.stringify(run, null, 1)}\n`;

/** Not of the folder that it was called in: that may be anything. */
const OWN = fileURLToPath(new URL("../..", import.meta.url));

function commitHere(): string | undefined {
  try {
    // Installed, it lies in a repository of someone else, who does not track it.
    git("ls-files", "--error-unmatch", "package.json");
    const changed = git("status", "--porcelain", "--untracked-files=no") !== "";
    return git("rev-parse", "--short", "HEAD") + (changed ? " with changes" : "");
  } catch {
    return undefined; // no checkout, or no git
  }
}

const git = (...args: string[]): string =>
  execFileSync("git", args, { cwd: OWN, encoding: "utf8", stdio: "pipe" }).trim();
