/** The helpers that compiled direct style takes from `@fibril/compiler/direct`. */
export const DIRECT_HELPERS: ReadonlySet<string> = new Set([
  "answer",
  "answerLast",
  "apply",
  "call",
  "deep",
  "direct",
  "DirectIteration",
  "entries",
  "entry",
  "into",
  "leave",
  "method",
  "methods",
  "registers",
  "SUSPENDED",
  "twin",
]);
