/** One thing that the lab's doctor has looked at. */
export interface Finding {
  readonly what: string;
  /** What is here. */
  readonly here: string;
  /** What the lab would gain by what is missing, or by another setting. Undefined when all is well. */
  readonly adds?: string;
  /** A command to type, or an action. */
  readonly how?: string;
}

export interface Section {
  readonly title: string;
  readonly findings: readonly Finding[];
}

/** A finding that needs nothing, unless `wanting` says what is to be gained. */
export function finding(
  what: string,
  here: string,
  wanting?: { readonly adds: string; readonly how?: string } | false,
): Finding {
  return { what, here, ...(wanting === false ? {} : wanting) };
}
