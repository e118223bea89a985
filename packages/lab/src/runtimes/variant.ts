/** How a measuring process differs from the usual one. */
export interface Variant {
  /** The word that named it. */
  readonly label: string;
  readonly runtime: string;
  readonly node?: string;
  readonly nodeFlags?: readonly string[];
  /** The worker of a lab that stands beside another `fibril`. */
  readonly worker?: string;
}
