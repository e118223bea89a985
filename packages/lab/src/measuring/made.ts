/**
 * Makes that many of something. The array grows: V8 would make a dictionary, many times as large, of an array of
 * more than 32 million elements whose length is given beforehand.
 */
export function made<T>(size: number, make: () => T): T[] {
  const all: T[] = [];
  while (all.length < size) all.push(make());
  return all;
}
