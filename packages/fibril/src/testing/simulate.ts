/** Runs a routine under many random orders, each of which can be repeated. */
import {
  checkOptions,
  mulberry32,
  type RoutineFunction,
  type Rules,
  SimulationError,
  textOf,
  wholeFrom,
} from "../core/index.js";
import { globals } from "../host/globals.js";
import { seeded } from "../policies.js";
import { run } from "../run.js";
import { VirtualHost } from "./virtual-host.js";

/** Options of `simulate`. */
export interface SimulateOptions {
  /** The first seed. By default `FIBRIL_SEED`, if that is set in the environment, otherwise a random one. */
  readonly seed?: number | undefined;
  /** How many orders are tried: 100 by default, but 1 when a seed is given. */
  readonly runs?: number | undefined;
}

/** The argument of a simulated routine. Everything in it follows from the seed. */
export interface Simulation {
  /** What the order and the random numbers follow from. */
  readonly seed: number;
  /** A random number from 0 to 1, in place of `Math.random`. */
  readonly random: () => number;
  /** The clock that the routine runs by. */
  readonly host: VirtualHost;
}

/** What `simulate` runs: a routine that gets the simulation as its argument. */
export type SimulatedRoutine = RoutineFunction<[simulation: Simulation], unknown, any, any>;

const RULES: Rules<SimulateOptions> = {
  seed: wholeFrom(0),
  runs: wholeFrom(1),
};

/** The number of different seeds. */
const SEEDS = 2 ** 32;

/**
 * Runs a routine many times, in virtual time, and each time with another random order of the ready fibers.
 *
 * The promise rejects with SimulationError when the routine fails under one of the orders, or when a fiber of
 * it fails and nothing observes the error. The message names the seed, and `cause` is the error. The same seed
 * gives the same order, as long as the routine does not wait for the real world. The promise rejects with
 * RangeError for an invalid seed or number of runs.
 *
 * ```ts
 * await simulate(function* () {
 *   const log: string[] = [];
 *   yield* scope(function* () {
 *     for (const name of ["a", "b", "c"]) spawn(function* () { log.push(name); });
 *   });
 *   assert.equal(log.length, 3); // in any order
 * });
 * ```
 */
export function simulate(routine: SimulatedRoutine): Promise<void>;
export function simulate(options: SimulateOptions, routine: SimulatedRoutine): Promise<void>;
export async function simulate(
  first: SimulateOptions | SimulatedRoutine,
  second?: SimulatedRoutine,
): Promise<void> {
  const options = typeof first === "function" ? {} : first;
  const routine = typeof first === "function" ? first : second;
  if (typeof routine !== "function") throw new TypeError("simulate takes a generator function");
  checkOptions("simulate", options, RULES);
  const named = options.seed ?? seedOfEnvironment();
  const start = named ?? Math.floor(Math.random() * SEEDS);
  const runs = options.runs ?? (named === undefined ? 100 : 1);
  for (let index = 0; index < runs; index++) {
    const seed = (start + index) % SEEDS;
    try {
      await simulateOnce(seed, routine);
    } catch (error) {
      throw new SimulationError(
        seed,
        runs === 1 ? "" : ` (run ${index + 1} of ${runs})`,
        textOf(error),
        error,
      );
    }
  }
}

async function simulateOnce(seed: number, routine: SimulatedRoutine): Promise<void> {
  const reported: unknown[] = [];
  const host = new VirtualHost({ sealed: true, report: (error) => void reported.push(error) });
  const draw = mulberry32(seed ^ OTHER);
  const random = (): number => draw() / SEEDS;
  await run({ host, policy: seeded(seed) }, routine, { seed, random, host });
  if (reported.length > 0) throw reported[0];
}

/** Makes the routine's random numbers differ from those that determine the order. */
const OTHER = 0x5f3759df;

function seedOfEnvironment(): number | undefined {
  const text = variable("FIBRIL_SEED");
  if (text === undefined || text === "") return undefined;
  const seed = Number(text);
  if (RULES.seed.holds(seed)) return seed;
  throw new RangeError(`FIBRIL_SEED must be a whole number from 0, not ${text}`);
}

function variable(name: string): string | undefined {
  try {
    return globals.process?.env?.[name];
  } catch {
    return undefined; // Deno without the permission to look
  }
}
