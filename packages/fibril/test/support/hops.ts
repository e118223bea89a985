/** The lines of a stack that are not the host's; an ellipsis for each place in a test. */
export function hopsOf(error: unknown): string[] {
  const lines = ((error as Error).stack ?? "").split("\n");
  const hops = lines.filter((line) => line.startsWith("    in "));
  return hops.map((line) => line.replace(/(?<= |\()[^ (]*\.test\.[jt]s:\d+:\d+/, "…"));
}
