/** What the three pipelines have in common: the rows, and the service that is asked about each. */
export interface Row {
  readonly id: number;
  readonly user: string;
  readonly amount: number;
  readonly note: string;
}

export interface Ranked extends Row {
  readonly rank: number;
}

export const INPUT = process.argv[2]!;
export const OUTPUT = process.argv[3]!;
export const stats = { rows: 0, mostAtOnce: 0 };
let running = 0;

/** Most answers come at the next turn of the event loop, some after 5 ms. */
export async function rankOf(row: Row): Promise<number> {
  stats.mostAtOnce = Math.max(stats.mostAtOnce, ++running);
  await new Promise<void>((resolve) => {
    if (row.id % 1_000 === 0) setTimeout(resolve, 5);
    else setImmediate(resolve);
  });
  running--;
  return row.amount % 10;
}

export const text = (rows: readonly Ranked[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join("");
