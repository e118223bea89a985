/** One use of something that `fibril/direct` exports: a function in direct style, and what it results in. */
export interface Use {
  readonly by: () => unknown;
  readonly gives: unknown;
}
