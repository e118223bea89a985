/** Whether a file can contain anything to compile. It decides for most files, without parsing them. */
export function mayHaveRoutines(source: string, all: boolean): boolean {
  if (!source.includes("yield"))
    return /\bfunction\s*\*/.test(source) && (all || isOfFibril(source));
  return all || isOfFibril(source);
}

function isOfFibril(source: string): boolean {
  return /["']fibril["'/]/.test(source) || source.includes("use fiber");
}
