/** Groups of ten workers. */
import type { Workload } from "../support/workload.ts";

export async function load(scale: number): Promise<Workload> {
  return { args: scale < 0.1 ? [10, 15] : [Math.round(200 * scale), 400] };
}
