/** Load by wrk, a program in C. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Load, Loaded } from "./cell.js";

const SECONDS: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1, m: 60 };

export async function wrkLoad({ port, connections, seconds }: Load): Promise<Loaded> {
  const url = `http://127.0.0.1:${port}/`;
  const time = `${Math.ceil(seconds)}s`;
  const args = ["-t", "1", "-c", `${connections}`, "-d", time, "--latency", url];
  return readWrk((await promisify(execFile)(process.env["FIBRIL_WRK"] ?? "wrk", args)).stdout);
}

/** Reads what wrk prints. */
export function readWrk(text: string): Loaded {
  const wrong = /Socket errors.*|Non-2xx.*/.exec(text);
  if (wrong !== null) throw new Error(`wrk: ${wrong[0]}`);
  const [, count, total, unit] = /(\d+) requests in ([\d.]+)(\w+),/.exec(text) ?? [];
  if (count === undefined) throw new Error(`wrk printed ${JSON.stringify(text.slice(0, 80))}`);
  return {
    count: Number(count),
    seconds: inSeconds(total, unit),
    latency: {
      p50: lineOf(text, /^ +50% +([\d.]+)(\w+)/m),
      p99: lineOf(text, /^ +99% +([\d.]+)(\w+)/m),
      max: lineOf(text, /^ +Latency +\S+ +\S+ +([\d.]+)([a-z]+)/m),
    },
  };
}

const inSeconds = (figure: string | undefined, unit: string | undefined): number =>
  Number(figure) * (SECONDS[unit ?? ""] ?? Number.NaN);

function lineOf(text: string, line: RegExp): number {
  const [, figure, unit] = line.exec(text) ?? [];
  return inSeconds(figure, unit);
}
