/** Names for what the compiler adds, none of which occurs in the source. */
export class Names {
  readonly prefix: string;

  constructor(source: string) {
    let prefix = "$";
    while (isTaken(source, prefix)) prefix += "f";
    this.prefix = prefix;
  }

  get frame(): string {
    return this.prefix;
  }

  of(name: string): string {
    return this.prefix + name;
  }

  /** The box of a variable. */
  box(variable: string): string {
    return variable + this.prefix;
  }
}

function isTaken(source: string, prefix: string): boolean {
  for (let at = source.indexOf(prefix); at !== -1; at = source.indexOf(prefix, at + 1)) {
    if (prefix !== "$" || source[at + 1] !== "{") return true;
  }
  return /\\u/.test(source) && prefix === "$";
}
