/** Reads the arguments of the command line. An argument that cannot be read is refused in one line. */
import { accessSync, constants, existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { CommanderError, InvalidArgumentError } from "commander";
import { RUNTIME_NAMES } from "../runtimes/registry.js";

export const list =
  <T extends string>(allowed: readonly T[]) =>
  (text: string): T[] =>
    text.split(",").map((word) => {
      const known = allowed.find((name) => name === word.trim());
      if (known === undefined)
        throw new InvalidArgumentError(`it must be a list of ${allowed.join(", ")}.`);
      return known;
    });

/** Names of runtimes. `all`, also among other names, means every runtime. */
export function runtimeList(text: string): string[] {
  const names = list([...RUNTIME_NAMES, "all"])(text);
  return names.includes("all") ? [...RUNTIME_NAMES] : names;
}

export function whole(text: string): number {
  const value = Number(text.replaceAll("_", ""));
  if (!Number.isInteger(value) || value < 1 || value > 100_000_000) {
    throw new InvalidArgumentError("it must be a whole number from 1 to 100,000,000.");
  }
  return value;
}

/** A percentage as a share: 5 becomes 0.05. */
export function percent(text: string): number {
  const value = Number(text.replace(/%$/, ""));
  if (!(value > 0 && value < 100)) {
    throw new InvalidArgumentError("it must be a percentage between 0 and 100.");
  }
  return value / 100;
}

export const wholes = (text: string): number[] => text.split(",").map(whole);

/** The full path of a file or folder to be written. It is checked before anything is measured. */
export function writable(path: string, kind: "file" | "folder", option = "--out"): string {
  const full = resolve(path);
  try {
    if (kind === "folder" && !existsSync(full)) mkdirSync(full);
    const target = kind === "folder" || existsSync(full) ? full : dirname(full);
    if (kind === "file" && existsSync(full) && statSync(full).isDirectory())
      throw new Error("it is a folder");
    if (kind === "folder" && !statSync(full).isDirectory()) throw new Error("it is not a folder");
    accessSync(target, constants.W_OK);
  } catch (error) {
    refuse(`${option} ${path} cannot be written: ${(error as Error).message}`);
  }
  return full;
}

/** Ends the command with one line on stderr and exit code 2. */
export function refuse(message: string): never {
  throw new CommanderError(2, "fibril-lab.refused", `error: ${message}`);
}
