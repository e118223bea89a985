/**
 * `fibril-lab tasks`: schedulers compared, by programs in src/tasks and programs/tasks. Each workload is an
 * experiment; together they are one command.
 */
import { type Order, ORDERS, type RuntimeName, type TaskExperiment } from "../cell.js";
import {
  bytesMetric,
  type Column,
  digits,
  inMs,
  inWhole,
  type Metric,
  millions,
  rateMetric,
} from "../figures/column.js";
import type { ExperimentEntry, Wishes } from "./experiment.js";

interface TaskKind {
  readonly name: TaskExperiment;
  readonly about: string;
  readonly title: string;
  readonly sizes?: string;
  readonly runtimes: readonly RuntimeName[];
  readonly orders?: readonly Order[];
  /** Operations, where each task does many; otherwise every task does one thing. */
  readonly count?: number;
  readonly quickCount?: number;
  /** The sizes, where a million tasks, or ten thousand with `--quick`, would not make sense. */
  readonly fibers?: number;
  readonly quickFibers?: number;
  readonly columns: readonly Column[];
  readonly against: readonly Metric[];
  readonly thinned?: readonly Wishes[];
  /** The default of `fibril-lab tasks`: a million tasks where three minutes allow it. */
  readonly usual?: readonly Wishes[];
  readonly fit?: (size: number) => number;
}

const MILLION = 1_000_000;
const QUICK = 10_000;
/** The size in `fibril-lab all`, where a million would take the time of everything else. */
const SHORT = 100_000;

/** Fewer tasks beside the slower runtimes, which take minutes for a million. */
const few = (runtimes: readonly RuntimeName[], count?: number): Wishes => ({
  fibers: [SHORT],
  runtimes,
  ...(count !== undefined && { count }),
});
const many = (runtimes: readonly RuntimeName[]): Wishes => ({ fibers: [MILLION], runtimes });

const SCHEDULERS: readonly RuntimeName[] = ["fibril", "async", "effect", "effection", "go"];
const POLICIES: readonly RuntimeName[] = ["fibril", "fibril-fifo"];
const EFFECT: Wishes = few(["fibril", "effect"]);
/** A task in Effection takes up to a millisecond. */
const EFFECTION: Wishes = { fibers: [QUICK], runtimes: ["fibril", "effection"] };
/** Sizes that fit every cache. */
const SMALL: readonly number[] = [64, 1_024];
const ON_NODE: readonly RuntimeName[] = ["fibril", "async", "effect", "effection"];
const PAIR: readonly RuntimeName[] = ["fibril", "async"];
const FOUR: readonly RuntimeName[] = ["fibril", "async", "effect", "go"];

const task = ({ sizes = "tasks", orders = ["sequential"], ...kind }: TaskKind): ExperimentEntry => {
  const { runtimes, count = 0, quickCount = count, thinned = [], ...more } = kind;
  const { fibers = MILLION, quickFibers = QUICK, ...rest } = more;
  return {
    ...rest,
    suite: "tasks",
    sizes,
    thinned,
    defaults: {
      runtimes,
      orders,
      fibers: [fibers],
      quickFibers: [quickFibers],
      count,
      quickCount,
    },
    metrics: kind.against,
    measure: () => {
      throw new Error("the worker does not measure tasks: they have programs of their own");
    },
  };
};

/** Processor time of all threads, the collector's too: what a task costs however busy the machine is. */
const processor: Column = {
  head: "µs of processor each",
  of: ({ count, userSeconds = 0, systemSeconds = 0 }) => (userSeconds + systemSeconds) / count,
  show: (value) => (value >= 1e-7 ? digits(value * 1e6) : (value * 1e6).toFixed(3)),
};
const done: Column = { head: "done", of: ({ count }) => count, show: inWhole };
const seconds: Column = { head: "seconds", of: (sample) => sample.seconds, show: digits };
const peak: Column = { head: "peak MiB", of: ({ rssKiB }) => rssKiB / 1024, show: inWhole };
const each: Column = {
  head: "bytes each",
  of: ({ bytesPerFiber }) => bytesPerFiber,
  show: inWhole,
};
const left: Column = { head: "bytes left", of: ({ keptBytes }) => keptBytes, show: digits };
const late = (name: "p50" | "p99" | "max"): Column => ({
  head: `ms late, ${name}`,
  of: ({ loopDelay }) => loopDelay?.[name],
  show: inMs,
});
/** The rate without the time in which one task woke the others. */
const running: Column = {
  head: "million a second, woken",
  of: (sample) => sample.count / (sample.seconds - (sample.wakeSeconds ?? 0)),
  show: (rate) => digits(rate / 1e6),
};

const peakMetric: Metric = {
  name: "peak memory",
  of: ({ rssKiB }) => rssKiB,
  better: "less",
  show: (value) => `${inWhole(value / 1024)} MiB`,
};
const lateMetric: Metric = {
  name: "lateness, p99",
  of: ({ loopDelay }) => loopDelay?.p99,
  better: "less",
  show: (value) => `${inMs(value)} ms`,
};

const RATES = {
  columns: [millions, processor, done, peak, each],
  against: [rateMetric, bytesMetric],
};

export const taskExperiments: readonly ExperimentEntry[] = [
  task({
    name: "spawn",
    about: "tasks that give up one turn, and are joined",
    title: "spawn, one turn given up, and join",
    runtimes: SCHEDULERS,
    usual: [many(["fibril", "async", "go"]), EFFECT, EFFECTION],
    thinned: [{ fibers: [SHORT], runtimes: ["fibril", "async", "go"] }],
    ...RATES,
  }),
  task({
    name: "spawn-at-once",
    about: "tasks that end in their first turn, and are joined",
    title: "spawn and join of tasks that end in their first turn",
    runtimes: SCHEDULERS,
    usual: [many(["fibril", "async"])],
    ...RATES,
  }),
  task({
    name: "skynet",
    about: "a tree of tasks, ten children a node, that adds up its leaves",
    title: "skynet: a tree of tasks that adds up its leaves",
    sizes: "leaves",
    runtimes: SCHEDULERS,
    usual: [many(["fibril", "async", "go"]), EFFECT],
    fit: (size) => 10 ** Math.floor(Math.log10(size)),
    thinned: [{ fibers: [SHORT], runtimes: ["fibril", "async", "go"] }],
    columns: [millions, processor, seconds, done, peak, each],
    against: [rateMetric, bytesMetric],
  }),
  task({
    name: "sleep",
    about: "tasks that all sleep at once: 10 s, or 3 s and 1 s up to 100,000 and 10,000",
    title: "sleepers",
    runtimes: SCHEDULERS,
    usual: [many(PAIR), few(["fibril", "effect"]), EFFECTION],
    thinned: [{ fibers: [QUICK], runtimes: ["fibril", "async"] }],
    columns: [peak, each, done, seconds],
    against: [peakMetric, bytesMetric],
  }),
  task({
    name: "sleep-bare",
    about: "the same with tasks that do nothing else",
    title: "sleepers that do nothing else: spawn(sleep, ms)",
    runtimes: ["fibril", "host"],
    usual: [few(["fibril", "host"])],
    columns: [peak, each, done, seconds],
    against: [peakMetric, bytesMetric],
  }),
  task({
    name: "yield",
    about: "tasks that are woken once and then yield their turns again and again",
    title: "yield storm, timed once all tasks have started",
    runtimes: [...SCHEDULERS, "fibril-fifo"],
    usual: [
      { ...many(["fibril"]), count: 10 * MILLION },
      { ...few(FOUR, MILLION), orders: ["sequential"] },
      { ...EFFECTION, count: MILLION / 10, orders: ["sequential"] },
    ],
    orders: ORDERS,
    count: 20 * MILLION,
    quickCount: 500_000,
    thinned: [
      {
        fibers: [SHORT],
        count: MILLION,
        orders: ["sequential"],
        runtimes: ["fibril", "async", "go"],
      },
    ],
    ...RATES,
  }),
  task({
    name: "wake",
    about: "tasks that another task wakes one by one, lap after lap",
    title: "woken by another task: waking and running together, and running alone",
    runtimes: POLICIES,
    usual: [many(["fibril"])],
    orders: ORDERS,
    count: 5 * MILLION,
    quickCount: 500_000,
    columns: [millions, processor, running, done, peak],
    against: [rateMetric],
  }),
  task({
    name: "wake-replaced",
    about: "the same, after a random half of the tasks has been replaced three times",
    title: "woken by another task, after a random half was replaced three times",
    runtimes: POLICIES,
    orders: ["shuffled"],
    count: 10 * MILLION,
    quickCount: 500_000,
    columns: [millions, processor, running, done, peak],
    against: [rateMetric],
  }),
  task({
    name: "suspend",
    about: "tasks that wait for a callback, which another task calls lap after lap",
    title: "suspend, and wake by another task",
    runtimes: ON_NODE,
    usual: [
      { fibers: SMALL, runtimes: PAIR, orders: ["sequential"] },
      few(PAIR, MILLION / 2),
      { ...many(PAIR), orders: ["sequential"] },
    ],
    orders: ORDERS,
    count: MILLION,
    quickCount: 200_000,
    ...RATES,
  }),
  task({
    name: "park",
    about: "the same with park and unpark",
    title: "park, and unpark by another task",
    runtimes: PAIR,
    // Beside it, promises would do the same as beside suspend.
    usual: [{ fibers: [...SMALL, SHORT], runtimes: ["fibril"] }],
    count: MILLION,
    quickCount: 200_000,
    ...RATES,
  }),
  task({
    name: "until",
    about: "tasks that wait for promises, which another task resolves lap after lap",
    title: "until with a pending promise",
    runtimes: ON_NODE,
    usual: [{ fibers: SMALL, runtimes: PAIR }, many(PAIR)],
    count: MILLION,
    quickCount: 200_000,
    ...RATES,
  }),
  task({
    name: "join",
    about: "tasks that wait once each, spawned and joined a batch at a time",
    title: "spawn, one turn given up, and join, a batch at a time",
    runtimes: ON_NODE,
    usual: [{ fibers: [1_000], runtimes: PAIR }],
    count: MILLION,
    quickCount: 200_000,
    fibers: 1_000,
    quickFibers: 1_000,
    ...RATES,
  }),
  task({
    name: "timeout",
    about: "tasks that all wait under a time limit at once, and get what they wait for in time",
    title: "time limits that never expire, each with a waiting task",
    runtimes: SCHEDULERS,
    usual: [few(FOUR)],
    columns: [millions, processor, done, peak, each, left],
    against: [rateMetric, bytesMetric],
  }),
  task({
    name: "deadlines",
    about: "time limits that are pending at once, set and cleared, beside the host's timers",
    title: "time limits that are pending at once, set and cleared",
    sizes: "limits",
    runtimes: ["fibril", "host"],
    count: 3 * MILLION,
    quickCount: 500_000,
    columns: [millions, processor, done, peak, left],
    against: [rateMetric],
  }),
  task({
    name: "limits",
    about: "time limits one after the other, around work that ends in time",
    title: "time limits one after the other, around work that ends in time",
    sizes: "limits",
    runtimes: [...SCHEDULERS, "host"],
    usual: [few([...FOUR, "host"])],
    columns: [millions, processor, done, peak, left],
    against: [rateMetric],
  }),
  task({
    name: "failures",
    about: "tasks of one scope that all fail in their clean-up",
    title: "failures in clean-up, in one scope",
    runtimes: PAIR,
    fibers: QUICK,
    quickFibers: 1_000,
    columns: [seconds, processor, done, peak],
    against: [rateMetric],
  }),
  task({
    name: "host-delay",
    about: "how late the host's timers come under a yield storm",
    title: "a host timer every 10 ms under a yield storm",
    runtimes: ["fibril", "async", "effect", "effection"],
    usual: [{ ...many(["fibril"]), count: 20 * MILLION }, few(["fibril", "async"], 5 * MILLION)],
    count: 50 * MILLION,
    quickCount: 5 * MILLION,
    thinned: [{ fibers: [SHORT], count: 20 * MILLION, runtimes: ["fibril"] }],
    columns: [late("p50"), late("p99"), late("max"), millions, done],
    against: [lateMetric],
  }),
  task({
    name: "at-once",
    about: "how late a sleep of 5 ms ends beside tasks whose waits end at once",
    title: "a sleep of 5 ms beside tasks whose waits end at once, 10 µs of work each",
    runtimes: ON_NODE,
    usual: [{ runtimes: PAIR }],
    fibers: 300,
    quickFibers: 300,
    count: 120_000,
    quickCount: 30_000,
    columns: [late("p50"), late("p99"), late("max"), millions, done],
    against: [lateMetric],
  }),
  task({
    name: "async-context",
    about: "what AsyncLocalStorage costs in a yield storm",
    title: "yield storm with and without AsyncLocalStorage",
    runtimes: ["fibril", "fibril-als", "async", "async-als"],
    usual: [few(["fibril", "fibril-als", "async", "async-als"], MILLION)],
    count: 10 * MILLION,
    quickCount: 500_000,
    ...RATES,
  }),
  task({
    name: "rendezvous",
    about: "pairs of tasks that send each other a number, from hand to hand",
    title: "rendezvous: messages from hand to hand, there and back",
    sizes: "pairs",
    runtimes: SCHEDULERS,
    usual: [{ runtimes: FOUR }],
    fibers: 1,
    quickFibers: 1,
    count: MILLION,
    quickCount: 200_000,
    ...RATES,
  }),
  task({
    name: "stream",
    about: "a producer and a consumer with a channel of 1,024 slots between them",
    title: "a stream through a channel of 1,024 slots",
    sizes: "streams",
    runtimes: SCHEDULERS,
    usual: [{ runtimes: FOUR }],
    fibers: 1,
    quickFibers: 1,
    count: 2 * MILLION,
    quickCount: 200_000,
    ...RATES,
  }),
  task({
    name: "channel-ring",
    about: "a token that goes round a ring of tasks, from channel to channel",
    title: "a token round a ring of tasks, from channel to channel",
    runtimes: SCHEDULERS,
    usual: [{ fibers: [1_000, SHORT], runtimes: ["fibril", "go"], orders: ["sequential"] }],
    orders: ORDERS,
    fibers: 1_000,
    quickFibers: 1_000,
    count: MILLION,
    quickCount: 200_000,
    ...RATES,
  }),
  task({
    name: "sieve",
    about: "a chain of filters that lets only primes through",
    title: "prime sieve: a chain of filters, each with its channels",
    sizes: "primes",
    runtimes: ["fibril", "async", "effect", "go"],
    usual: [{ runtimes: ["fibril", "go"] }],
    fibers: 1_000,
    quickFibers: 300,
    columns: [seconds, processor, done, peak],
    against: [rateMetric],
  }),
  task({
    name: "line",
    about: "tasks that all wait at one channel, and each gets its message in turn",
    title: "many tasks that wait in the line of one channel",
    runtimes: ["fibril", "async", "effect", "go"],
    usual: [{ fibers: [1_000, MILLION], runtimes: ["fibril"] }],
    count: MILLION,
    quickCount: 200_000,
    ...RATES,
  }),
  task({
    name: "fan",
    about: "one task that hands messages out to many workers, and one that gathers them",
    title: "fan-out and fan-in over two channels of 1,024 slots",
    sizes: "workers",
    runtimes: ["fibril", "async", "effect", "go"],
    usual: [{ runtimes: PAIR }],
    fibers: 100,
    quickFibers: 100,
    count: MILLION,
    quickCount: 200_000,
    ...RATES,
  }),
  task({
    name: "select",
    about: "a task that selects among channels, one of which has a message",
    title: "select among channels, one of which has a message",
    sizes: "channels",
    runtimes: ["fibril", "effect", "go"],
    usual: [{ fibers: [2, 64], runtimes: ["fibril"] }],
    fibers: 64,
    quickFibers: 64,
    count: MILLION,
    quickCount: 100_000,
    columns: [millions, processor, done, peak],
    against: [rateMetric],
  }),
  task({
    name: "broadcast",
    about: "subscribers that all hear every message",
    title: "a broadcast to many subscribers",
    sizes: "subscribers",
    runtimes: SCHEDULERS,
    usual: [{ runtimes: PAIR }],
    fibers: QUICK,
    count: MILLION,
    quickCount: 200_000,
    ...RATES,
  }),
  task({
    name: "drain",
    about: "how late a sleep of 5 ms ends beside tasks that drain a channel that is full",
    title: "a sleep of 5 ms beside tasks that drain a full channel, 10 µs of work each",
    runtimes: ["fibril", "async", "effect"],
    usual: [{ runtimes: PAIR }],
    fibers: 300,
    quickFibers: 300,
    count: 120_000,
    quickCount: 30_000,
    columns: [late("p50"), late("p99"), late("max"), millions, done],
    against: [lateMetric],
  }),
  task({
    name: "lock",
    about: "a lock that nobody else wants, taken and released around a call",
    title: "a lock that is free: with(…)",
    runtimes: ["fibril", "async-mutex", "effect", "go"],
    usual: [{ runtimes: ["fibril", "async-mutex"] }],
    fibers: 1,
    quickFibers: 1,
    count: 2 * MILLION,
    quickCount: 200_000,
    columns: [millions, processor, done, peak],
    against: [rateMetric],
  }),
  task({
    name: "try-lock",
    about: "the same by a plain call that never waits",
    title: "a lock that is free: tryAcquire and release",
    runtimes: ["fibril", "go"],
    usual: [{ runtimes: ["fibril"] }],
    fibers: 1,
    quickFibers: 1,
    count: 5 * MILLION,
    quickCount: 200_000,
    columns: [millions, processor, done, peak],
    against: [rateMetric],
  }),
  task({
    name: "hand-over",
    about: "tasks that all want one lock, which passes from one to the next",
    title: "one lock that many want, with one turn given up while it is held",
    runtimes: ["fibril", "async-mutex", "effect", "go"],
    usual: [{ fibers: [1_000], runtimes: ["fibril", "async-mutex"] }],
    fibers: 1_000,
    quickFibers: 1_000,
    count: MILLION,
    quickCount: 100_000,
    ...RATES,
  }),
  task({
    name: "semaphore",
    about: "tasks that all want one of ten permits",
    title: "ten permits that many want, with one turn given up while one is held",
    runtimes: ["fibril", "async-mutex", "effect", "go"],
    usual: [{ fibers: [1_000], runtimes: ["fibril", "async-mutex"] }],
    fibers: 1_000,
    quickFibers: 1_000,
    count: MILLION,
    quickCount: 100_000,
    ...RATES,
  }),
  task({
    name: "map",
    about: "items that are worked on, a hundred at once",
    title: "map with a concurrency of 100, one turn given up for each item",
    sizes: "items",
    runtimes: ["fibril", "async", "p-limit", "p-queue", "effect", "go"],
    usual: [{ fibers: [SHORT], runtimes: ["fibril", "p-limit", "p-queue"] }],
    columns: [millions, processor, done, peak, each],
    against: [rateMetric, peakMetric],
  }),
];
