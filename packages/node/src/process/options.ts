/** What `spawnProcess` and `exec` take, and which of it is invalid. */
import type { SpawnOptions } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Readables } from "fibril";
import {
  checkOptions,
  checkValue,
  FLAG,
  MILLISECONDS,
  oneOf,
  type Rule,
  type Rules,
} from "fibril/extend";
import type { Bytes } from "../net/connection.js";
import { SETTINGS } from "../net/options.js";

/** Options of every process. */
export interface ProcessOptions {
  /** What it reads from stdin: bytes, a text, or what `Reader.from` takes. Then stdin ends. */
  readonly input?: Bytes | Readables<Bytes> | undefined;
  /** The folder in which it runs: the present one by default. */
  readonly cwd?: string | URL | undefined;
  /** Its environment, in place of `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Milliseconds between SIGTERM and SIGKILL when its scope ends. 5,000 by default. */
  readonly grace?: number | undefined;
  /**
   * Whether it leads a process group of its own, which the signals go to: then they reach what it has started as well,
   * and Ctrl-C in a terminal reaches none of them. False by default; not on Windows.
   */
  readonly group?: boolean | undefined;
  /** Further settings of Node's `spawn`, such as `uid`, `shell` and `windowsHide`. */
  readonly node?:
    | Omit<SpawnOptions, "cwd" | "env" | "stdio" | "detached" | "signal" | "timeout">
    | undefined;
}

/** Whether the program reads or writes it, it is this process' own, or it leads nowhere. */
export type Stdio = "pipe" | "inherit" | "ignore";

/** Options of `spawnProcess`. */
export interface SpawnProcessOptions extends ProcessOptions {
  /** `"pipe"` by default. */
  readonly stdin?: Stdio | undefined;
  /** `"pipe"` by default. */
  readonly stdout?: Stdio | undefined;
  /** `"tail"` by default: it is read and forgotten, but for the last 4 KiB, which an error tells. */
  readonly stderr?: Stdio | "tail" | undefined;
}

const withoutNul = (value: unknown): value is string =>
  typeof value === "string" && !value.includes("\0");

const COMMAND: Rule = {
  takes: "the name or path of a command, as a text without NUL",
  holds: (value) => withoutNul(value) && value !== "",
};
const ARGS: Rule = {
  takes: "an array of texts without NUL",
  holds: Array.isArray,
};
const ARG: Rule = { takes: "a text without NUL", holds: withoutNul };

export const PROCESS_RULES: Rules<ProcessOptions> = {
  input: {
    takes: "bytes, a text, a stream or something iterable",
    holds: (value) => typeof value === "string" || (typeof value === "object" && value !== null),
  },
  cwd: {
    takes: "a path, as a text without NUL or as the URL of a file",
    holds: (value) => value instanceof URL || (withoutNul(value) && value !== ""),
  },
  env: {
    takes: "an object of texts without NUL",
    holds: (value) =>
      typeof value === "object" &&
      value !== null &&
      Object.entries(value).every(
        ([name, each]) => withoutNul(name) && (each === undefined || withoutNul(each)),
      ),
  },
  grace: MILLISECONDS,
  group: FLAG,
  node: SETTINGS,
};

const RULES: Rules<SpawnProcessOptions> = {
  ...PROCESS_RULES,
  stdin: oneOf("pipe", "inherit", "ignore"),
  stdout: oneOf("pipe", "inherit", "ignore"),
  stderr: oneOf("pipe", "inherit", "ignore", "tail"),
};

export function checkCommand(
  what: string,
  command: string,
  args: readonly string[],
  { group }: ProcessOptions,
): void {
  checkValue(what, command, COMMAND);
  checkValue(`${what}: the arguments of ${command}: it`, args, ARGS);
  for (const [index, arg] of args.entries()) {
    checkValue(`${what}: argument ${index + 1} of ${command}: it`, arg, ARG);
  }
  if (group === true && process.platform === "win32") {
    throw new TypeError(`${what} has no groups on Windows`);
  }
}

export function checkSpawn(options: SpawnProcessOptions): void {
  checkOptions("spawnProcess", options, RULES);
  if (options.input !== undefined && (options.stdin ?? "pipe") !== "pipe") {
    throw new TypeError(
      `spawnProcess takes either input or stdin: ${JSON.stringify(options.stdin)}`,
    );
  }
}

export function folderOf(cwd: string | URL | undefined): string | undefined {
  return cwd instanceof URL ? fileURLToPath(cwd) : cwd;
}
