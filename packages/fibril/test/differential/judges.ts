/**
 * The two judges: the installed Ruby, and Ruby 3.4 as WebAssembly. Each runs a batch of programs in
 * a child process, because a Ruby can crash, and then it is a smaller batch that is lost.
 */
import { execFile } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Features } from "./generate.ts";
import type { Program, Trace } from "./program.ts";

export interface Judge {
  readonly name: string;
  readonly features: Features;
  /** The trace of each program; `null` for one that Ruby itself did not survive. */
  judge(programs: Program[]): Promise<(Trace | null)[]>;
}

/** A judge, or the reason why there is none. */
export type Found = Judge | string;

const SCRIPT = fileURLToPath(new URL("../../../test/differential/judge.rb", import.meta.url));
const WASM_CHILD = fileURLToPath(new URL("wasm-child.js", import.meta.url));
const TIME_LIMIT = 120_000;

export async function installedRuby(): Promise<Found> {
  const ruby = process.env["FIBRIL_RUBY"] ?? "ruby";
  let version: string;
  try {
    version = await output(ruby, ["-e", "print RUBY_VERSION"]);
  } catch {
    return `no "${ruby}" on this machine`;
  }
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < 3 || (major === 3 && minor < 1)) return `Ruby ${version} is older than 3.1`;
  // 3.3 has kill, but does not yet pass it and raise on to the deepest fiber (line 29 of the contract).
  const modern = major > 3 || minor >= 4;
  return {
    name: `Ruby ${version}`,
    features: { kill: modern, storage: modern },
    judge: patient(async (programs) =>
      JSON.parse(await output(ruby, ["-W0", SCRIPT], JSON.stringify(programs))),
    ),
  };
}

/** It needs a newer Node than ours may be: 20 aborts in it. */
export async function wasmRuby(): Promise<Found> {
  const modules = process.env["FIBRIL_RUBY_WASM"];
  if (modules === undefined) return "FIBRIL_RUBY_WASM does not name a folder with its packages";
  const node = process.env["FIBRIL_NEWEST_NODE"] ?? process.execPath;
  const version = await output(node, ["--version"]);
  if (Number(/^v(\d+)/.exec(version)?.[1]) < 22) return `FIBRIL_NEWEST_NODE is ${version.trim()}`;
  return {
    name: "Ruby 3.4 as WebAssembly",
    features: { kill: true, storage: true },
    judge: patient(async (programs) => {
      const folder = await mkdtemp(join(tmpdir(), "fibril-judge-"));
      try {
        await copyFile(SCRIPT, join(folder, "judge.rb"));
        await writeFile(join(folder, "programs.json"), JSON.stringify(programs));
        await output(node, ["--no-warnings", WASM_CHILD, folder, modules]);
        return JSON.parse(await readFile(join(folder, "traces.json"), "utf8"));
      } finally {
        await rm(folder, { recursive: true });
      }
    }),
  };
}

/** When a batch fails, halves it until the programs that Ruby dies of stand alone. */
function patient(judge: (programs: Program[]) => Promise<Trace[]>): Judge["judge"] {
  return async function halving(programs): Promise<(Trace | null)[]> {
    try {
      return await judge(programs);
    } catch (error) {
      if (programs.length === 1) return [null];
      if (programs.length === 0) throw error;
      const middle = programs.length >> 1;
      return [
        ...(await halving(programs.slice(0, middle))),
        ...(await halving(programs.slice(middle))),
      ];
    }
  };
}

function output(command: string, args: string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: TIME_LIMIT, maxBuffer: 1 << 30, killSignal: "SIGKILL" } as const;
    const child = execFile(command, args, options, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
    // A child that is gone before it has read its input says why by its exit.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}
