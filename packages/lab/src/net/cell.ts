/** What passes between the lab, a server program and the process that makes the load. */
import type { Cell, NetExperiment, Spread } from "../cell.js";

/** The arguments of a server program. */
export interface NetCell {
  readonly experiment: NetExperiment;
  readonly connections: number;
  /** Seconds of the load. */
  readonly seconds: number;
}

const SECONDS = 3;

export function wordsOf({ experiment, fibers, limit = SECONDS }: Cell): string[] {
  return [experiment, fibers, limit].map(String);
}

/** What the process that makes the load is asked to do. */
export interface Load {
  /** `calls`: one after the other on each connection. `paced`: at a rate, whether or not they are answered. */
  readonly kind: "http" | "calls" | "paced" | "idle";
  readonly protocol: "http" | "echo";
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** Of `paced`: requests a second. */
  readonly rate?: number;
}

/** What it answers. */
export interface Loaded {
  /** Requests that were answered, and rightly; connections that were opened. */
  readonly count: number;
  readonly seconds: number;
  /** Seconds from a request to its answer. */
  readonly latency?: Spread;
}

export interface Unloaded {
  readonly failed: string;
}
