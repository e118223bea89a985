/** What a workload is, and what several of them need. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";

export interface Workload {
  /** The arguments of the program. */
  readonly args: readonly (string | number)[];
  /** The other side of a program that serves, once it has said where; results in what that side saw. */
  readonly visit?: (port: number, program: ChildProcess) => Promise<string>;
  /** What the program has left behind, to be compared. */
  readonly result?: () => string;
  readonly close?: () => void;
}

/** The same number from 0 to 1 for the same pair. */
export function chance(a: number, b: number): number {
  let hash = Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}

/** Opens a server at a port of its own. */
export async function open(server: Server): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}
