/** What machine.mjs has done in workers. */

export function* double(n) {
  return 2 * n;
}

/** The same for piscina, which takes async functions. */
export async function doubleAsync(n) {
  return 2 * n;
}

export function* sum(seed) {
  let total = seed;
  for (let i = 0; i < 5_000_000; i++) total = (total + i * 7) % 1_000_003;
  return total;
}
