/** `fibril-lab net`: servers compared, by programs in programs/net. Each workload is an experiment. */
import { type NetExperiment, type RuntimeName, rateOf, type Sample } from "../cell.js";
import { type Column, digits, inMs, inWhole, type Metric } from "../figures/column.js";
import type { ExperimentEntry, Limits } from "./experiment.js";
import { each, peak, processor } from "./task-kind.js";

interface NetKind extends Pick<ExperimentEntry, "about" | "title" | "columns" | "metrics"> {
  readonly name: NetExperiment;
  readonly runtimes: readonly RuntimeName[];
  readonly connections: number;
  readonly quickConnections?: number;
}

/** Seconds of the load. */
const SECONDS: Limits = { usual: 3, quick: 1 };

const net = ({
  runtimes,
  connections,
  quickConnections = connections,
  ...kind
}: NetKind): ExperimentEntry => ({
  ...kind,
  suite: "net",
  sizes: "connections",
  thinned: [],
  against: kind.metrics,
  defaults: {
    runtimes,
    orders: ["sequential"],
    fibers: [connections],
    quickFibers: [quickConnections],
    count: 0,
    quickCount: 0,
    limit: SECONDS,
    quickRuntimes: ["fibril", "callbacks"],
  },
  measure: () => {
    throw new Error("the worker does not measure servers: they have programs of their own");
  },
});

const processorOf = ({ count, userSeconds = 0, systemSeconds = 0 }: Sample): number =>
  (userSeconds + systemSeconds) / count;
const processorMetric: Metric = {
  name: "processor time",
  of: processorOf,
  better: "less",
  show: (seconds) => `${digits(seconds * 1e6)} µs`,
};
const rate = (what: string): Column & Metric => ({
  head: `${what} a second`,
  name: `${what} a second`,
  of: rateOf,
  better: "more",
  show: inWhole,
});
const latency = (name: "p50" | "p99" | "max"): Column => ({
  head: `ms, ${name}`,
  of: ({ latency }) => latency?.[name],
  show: inMs,
});
const latencyMetric: Metric = {
  name: "p99",
  of: ({ latency }) => latency?.p99,
  better: "less",
  show: (value) => `${inMs(value)} ms`,
};
const heap: Column & Metric = {
  head: "heap bytes each",
  name: "heap bytes",
  of: ({ heapBytesPerFiber }) => heapBytesPerFiber,
  better: "less",
  show: inWhole,
};

const requests = rate("requests");
const trips = rate("round trips");
const EVERY: readonly RuntimeName[] = ["fibril", "callbacks", "async", "fastify", "express"];
const PAIR: readonly RuntimeName[] = ["fibril", "callbacks"];

export const netExperiments: readonly ExperimentEntry[] = [
  net({
    name: "http",
    about: "clients that ask for a hello again and again, on connections that stay open",
    title: "HTTP: requests for a hello, each when the last one was answered",
    runtimes: EVERY,
    connections: 50,
    columns: [requests, processor, latency("p50"), latency("p99"), latency("max")],
    metrics: [requests, processorMetric],
  }),
  net({
    name: "http-latency",
    about: "the same at random times, at 80 % of the rate that the server reached",
    title: "HTTP: latency under 80 % of the load that each server can bear",
    runtimes: EVERY,
    connections: 50,
    columns: [latency("p99"), latency("p50"), latency("max"), requests, processor],
    metrics: [latencyMetric, processorMetric],
  }),
  net({
    name: "echo",
    about: "64 bytes there and back, again and again, on connections that stay open",
    title: "TCP: round trips of 64 bytes",
    runtimes: PAIR,
    connections: 50,
    columns: [trips, processor],
    metrics: [trips, processorMetric],
  }),
  net({
    name: "idle",
    about: "connections that are open and say nothing",
    title: "TCP: connections that are open and say nothing",
    runtimes: PAIR,
    connections: 10_000,
    quickConnections: 1_000,
    columns: [heap, each, peak],
    metrics: [heap],
  }),
];
