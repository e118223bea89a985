/** Runs one version of one application on its workload, as a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { load as apiClient } from "../api-client/load.ts";
import { load as bank } from "../bank/load.ts";
import { load as chat } from "../chat/load.ts";
import { load as crawler } from "../crawler/load.ts";
import { load as pipeline } from "../pipeline/load.ts";
import { load as supervision } from "../supervision/load.ts";
import type { Workload } from "./workload.ts";

const workloads: Readonly<Record<string, (scale: number) => Promise<Workload>>> = {
  crawler,
  chat,
  pipeline,
  "api-client": apiClient,
  supervision,
  bank,
};

export const APPLICATIONS: readonly string[] = Object.keys(workloads);
export const VERSIONS = ["fibril", "async", "effect"] as const;
export type Version = (typeof VERSIONS)[number];

export interface Outcome {
  /** What the program printed, what its other side saw, and what it left behind. */
  readonly output: string;
  readonly exitCode: number | null;
  /** From the start of the process to its end. */
  readonly seconds: number;
  /** User and system time of all threads. */
  readonly processor: number;
  readonly peakMiB: number;
}

/** `scale` is 1 for the workload that is measured; below 0.1 it is small enough for a test. */
export async function runApplication(
  name: string,
  version: Version,
  scale: number,
): Promise<Outcome> {
  const workload = await workloads[name]!(scale);
  const folder = mkdtempSync(join(tmpdir(), "fibril-application-"));
  const figures = join(folder, "figures.json");
  try {
    const program = fileURLToPath(new URL(`../${name}/${version}.js`, import.meta.url));
    const preload = new URL("figures.js", import.meta.url).href;
    const child = spawn(
      process.execPath,
      ["--import", preload, program, ...workload.args.map(String)],
      {
        env: { ...process.env, FIBRIL_LAB_FIGURES: figures },
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    const closed = once(child, "close") as Promise<[code: number | null]>;
    const text = gather(child);
    let seen = "";
    if (workload.visit) seen = await workload.visit(Number(await portOf(child, text)), child);
    const [exitCode] = await closed;
    const printed = text().replace(/^up \d+\n/, "");
    const output = [printed, seen, workload.result?.() ?? ""].join("\n").trim();
    return { output, exitCode, ...(JSON.parse(readFileSync(figures, "utf8")) as Figures) };
  } finally {
    workload.close?.();
    rmSync(folder, { recursive: true });
  }
}

type Figures = Omit<Outcome, "output" | "exitCode">;

function gather(child: ChildProcess): () => string {
  let text = "";
  child.stdout!.setEncoding("utf8").on("data", (chunk: string) => void (text += chunk));
  return () => text;
}

async function portOf(child: ChildProcess, text: () => string): Promise<string> {
  for (;;) {
    const match = /^up (\d+)$/m.exec(text());
    if (match) return match[1]!;
    await once(child.stdout!, "data");
  }
}
