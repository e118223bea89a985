/** Customers who come every three seconds. */
import type { Workload } from "../support/workload.ts";

export async function load(scale: number): Promise<Workload> {
  return { args: [Math.round(100_000 * scale)] };
}
