/** What the three supervisors have in common: the workers, when they crash, and what is told in the end. */
const GROUPS = Number(process.argv[2] ?? 10);
/** Units of work of each worker. */
const UNITS = Number(process.argv[3] ?? 20);
const WORKERS = 10;
/** The group that is stopped while the others work; its workers do not end by themselves. */
export const STOPPED = 3;
/** The group that has a bad worker. It is started again as a whole whenever that one has crashed too often. */
const BAD = 7;
/** The limits are long, so what is restarted does not depend on how fast the machine is. */
export const WORKER_RESTARTS = { restarts: 10, within: 600_000 };
export const GROUP_RESTARTS = { restarts: 5, within: 600_000 };

export const stats = { starts: 0, cleanUps: 0, crashes: 0, groupRestarts: 0 };
/** The workers that run. */
export const alive = new Set<string>();
/** Those that have done all their work. */
export const finished = new Set<string>();
const crashed = new Set<string>();
let badLives = 30;

export const groups: readonly number[] = Array.from({ length: GROUPS }, (_, g) => g);
export const workersOf = (g: number): string[] =>
  Array.from({ length: WORKERS }, (_, w) => `${g}.${w}`);

export const pause = (id: string, unit: number): number =>
  1 + ((id.length + unit * 7 + Number(id.at(-1))) % 5);

export const units = (id: string): number => (id.startsWith(`${STOPPED}.`) ? Infinity : UNITS);

/** One unit of work; every third worker crashes once, except in the two special groups. */
export function work(id: string, unit: number): void {
  const [group, worker] = id.split(".").map(Number);
  if (group === BAD) {
    if (worker === 7 && badLives > 0 && badLives--) throw new Error(`worker ${id} is bad`);
  } else if (group !== STOPPED && worker! % 3 === 0 && unit === 3 + worker! && !crashed.has(id)) {
    crashed.add(id);
    throw new Error(`worker ${id} crashed`);
  }
}

export function report(): void {
  const { starts, cleanUps, crashes, groupRestarts } = stats;
  const missed = starts - cleanUps;
  console.log({ crashes, groupRestarts, finished: finished.size, missed, left: alive.size });
}
