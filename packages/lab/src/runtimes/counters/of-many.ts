/**
 * Many different functions from one source. V8 compiles a module once for each query of its address, so each
 * import has a function with code and type feedback of its own.
 */
export async function ofMany<T>(
  module: string,
  routines: number,
  size: number,
): Promise<readonly T[]> {
  const makers: (() => T)[] = [];
  for (let index = 0; index < routines; index++) {
    const { create } = (await import(`${module}?${index}`)) as { create: () => T };
    makers.push(create);
  }
  return Array.from({ length: size }, (_, index) => (makers[index % routines] as () => T)());
}
