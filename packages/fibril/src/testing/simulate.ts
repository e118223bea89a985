/** Trying a routine under many orders, each of which can be had again. */
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

export interface SimulateOptions {
  /** The first seed. Without it `FIBRIL_SEED`, if that is set in the environment; else drawn by lot. */
  readonly seed?: number | undefined;
  /** How many orders are tried: 100 by default, and 1 where a seed is named. */
  readonly runs?: number | undefined;
}

/** What a simulated routine is given. Everything in it follows from the seed. */
export interface Simulation {
  readonly seed: number;
  /** A random number from 0 to 1, in place of `Math.random`. */
  readonly random: () => number;
  /** The clock that the routine runs by. */
  readonly host: VirtualHost;
}

export type SimulatedRoutine = RoutineFunction<[simulation: Simulation], unknown, any, any>;

const RULES: Rules<SimulateOptions> = {
  seed: wholeFrom(0),
  runs: wholeFrom(1),
};

/** 2^32 seeds give different orders. */
const SEEDS = 2 ** 32;

/**
 * Runs a routine many times, each time in virtual time and with another order of what is ready.
 *
 * The promise rejects with SimulationError when the routine, or a fiber that it has left to itself,
 * fails under one of them; the message names the seed, and `cause` is the error. The same seed gives
 * the same order, as long as the routine waits for nothing of the real world. It rejects with RangeError
 * for a seed or a number of runs that is none.
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

/** So that what the routine draws is not what the order was drawn with. */
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
