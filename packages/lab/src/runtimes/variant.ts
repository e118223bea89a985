/** How the measuring process of one side of a comparison differs from the usual one. */
export interface Variant {
  /** The word on the command line that named it. */
  readonly label: string;
  readonly runtime: string;
  readonly node?: string;
  readonly nodeFlags?: readonly string[];
  /** The worker in a copy of the lab that uses another build of `fibril`. */
  readonly worker?: string;
}
