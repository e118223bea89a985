/** A run of the lab as a file: what was measured, where, when, on what, and by which command. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Profile, Result } from "../cell.js";
import type { Machine } from "./machine.js";

export interface Stored {
  /** The version of this format. */
  readonly version: 1;
  readonly machine: Machine;
  /** The commit of the checkout that the lab belongs to; undefined for an installed lab. */
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

/** Throws, with a message for the user, when there is no such file or it is not a stored run. */
export function readStored(path: string): Stored {
  let found: Partial<Stored>;
  try {
    found = JSON.parse(readFileSync(path, "utf8")) as Partial<Stored>;
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
  if (found.version !== 1 || !Array.isArray(found.results)) {
    throw new Error(`${path} is not a result of this lab: it lacks "version": 1 and "results"`);
  }
  return found as Stored;
}

export const toJson = (run: Stored): string => `${JSON.stringify(run, null, 1)}\n`;

/** The lab's own folder, because the working folder may belong to any repository. */
const OWN = fileURLToPath(new URL("../..", import.meta.url));

function commitHere(): string | undefined {
  try {
    // An installed lab may lie inside another repository, which does not track it.
    git("ls-files", "--error-unmatch", "package.json");
    const changed = git("status", "--porcelain", "--untracked-files=no") !== "";
    return git("rev-parse", "--short", "HEAD") + (changed ? " with changes" : "");
  } catch {
    return undefined; // not in a checkout, or git is not installed
  }
}

const git = (...args: string[]): string =>
  execFileSync("git", args, { cwd: OWN, encoding: "utf8", stdio: "pipe" }).trim();
