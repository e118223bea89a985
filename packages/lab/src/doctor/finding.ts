/** One thing that the doctor has looked at. */
export interface Finding {
  readonly what: string;
  /** What this machine has. */
  readonly here: string;
  /** What the lab would gain from what is missing, or from another setting. Undefined when all is well. */
  readonly adds?: string;
  /** A command to type, or another action. */
  readonly how?: string;
}

export interface Section {
  readonly title: string;
  readonly findings: readonly Finding[];
}

/** A finding that needs no action, unless `wanting` tells what there is to gain. */
export function finding(
  what: string,
  here: string,
  wanting?: { readonly adds: string; readonly how?: string } | false,
): Finding {
  return { what, here, ...(wanting === false ? {} : wanting) };
}
