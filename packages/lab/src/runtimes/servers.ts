/**
 * The servers that `fibril-lab net` compares. Each is a program of its own in `programs/net`; the build compiles two of them.
 */
import { fileURLToPath } from "node:url";
import type { NetExperiment } from "../cell.js";
import { wordsOf } from "../net/cell.js";
import { compiled, findCompiler } from "./compiled.js";
import { type Found, isFound, type RuntimeEntry } from "./entry.js";
import { find as findPackage } from "./npm.js";
import { programFile } from "./program.js";
import type { Variant } from "./variant.js";

interface Served extends Pick<RuntimeEntry, "name" | "label" | "idiom" | "find"> {
  readonly experiments: readonly NetExperiment[];
  /** The address of the program, if it is not in `programs/net`. */
  readonly program?: string;
}

const server = ({ program, ...served }: Served): RuntimeEntry => ({
  ...served,
  kind: "process",
  async command(cell, { worker, node, nodeFlags = [] }: Partial<Variant> = {}) {
    if (worker !== undefined) {
      throw new Error(`${cell.experiment} can measure no other build than the one beside the lab`);
    }
    const file =
      program === undefined ? programFile(`net/${served.name}.mjs`) : fileURLToPath(program);
    const args = [...nodeFlags, "--expose-gc", file, ...wordsOf(cell)];
    return { command: node ?? process.execPath, args };
  },
});

const HTTP: readonly NetExperiment[] = ["http", "http-latency"];
const ALL: readonly NetExperiment[] = [...HTTP, "echo", "idle"];

export const serverRuntimes: readonly RuntimeEntry[] = [
  server({
    name: "fibril",
    label: "Fibril",
    experiments: ALL,
    idiom: {
      http: "serve, and reply",
      "http-latency": "serve, and reply",
      echo: "listen, read and write",
      idle: "listen, and a read that waits",
    },
    find: findFibril,
  }),
  server({
    name: "fibril-compiled",
    label: "Fibril, compiled",
    experiments: ALL,
    program: compiled("net/fibril.mjs"),
    find: findBoth,
  }),
  server({
    name: "fibril-direct",
    label: "Fibril, direct style",
    experiments: ALL,
    program: compiled("net/fibril-direct.mjs"),
    find: findBoth,
  }),
  server({
    name: "callbacks",
    label: "Callbacks on Node's modules",
    experiments: ALL,
    find: nodeVersion,
  }),
  server({
    name: "async",
    label: "async/await",
    experiments: HTTP,
    idiom: {
      http: "an async function on node:http that awaits once",
      "http-latency": "an async function on node:http that awaits once",
    },
    find: nodeVersion,
  }),
  server({
    name: "express",
    label: "Express",
    experiments: HTTP,
    find: () => findPackage("express", "5.3.0"),
  }),
  server({
    name: "fastify",
    label: "Fastify",
    experiments: HTTP,
    find: () => findPackage("fastify", "5.12.8"),
  }),
];

function findFibril(): Promise<Found> {
  return findPackage("@fibril/node", "0.1.0");
}

async function findBoth(): Promise<Found> {
  const found = await findFibril();
  return isFound(found) ? findCompiler() : found;
}

async function nodeVersion(): Promise<Found> {
  return { version: process.version };
}
