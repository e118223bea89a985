/** What the three crawlers have in common: where the site is, and what they tell about it. */
export const ORIGIN = process.argv[2]!;
/** How long a request may take, in milliseconds. */
export const LIMIT = Number(process.argv[3] ?? 300);
/** How many requests there are at a time. */
export const SLOTS = 50;

export const seen = new Set<string>();
export const sizes = new Map<string, number>();
export const failed = new Set<string>();

export const linksOf = (html: string): string[] =>
  Array.from(html.matchAll(/href="([^"]+)"/g), ([, link]) => link!);

export function report(): void {
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  console.log({ pages: sizes.size, bytes, seen: seen.size, failed: [...failed].toSorted() });
}
