/** Whether a file can contain anything to compile. It decides for most files, without parsing them. */
export function mayHaveRoutines(source: string, all: boolean): boolean {
  if (source.includes("use fibers")) return true;
  const mayHaveGenerators = source.includes("yield") || /\bfunction\s*\*/.test(source);
  return mayHaveGenerators && (all || isOfFibril(source));
}

function isOfFibril(source: string): boolean {
  return /["'](fibril|@fibril\/node)["'/]/.test(source) || source.includes("use fiber");
}
