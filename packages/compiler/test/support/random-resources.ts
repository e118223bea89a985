/** Blocks with `using`, for engines that run them as they are. */

export const knowsUsing: boolean = (() => {
  try {
    // oxlint-disable-next-line typescript/no-implied-eval
    void new Function("{ using resource = null; }");
    return true;
  } catch {
    return false;
  }
})();

/** A block or a loop whose resource has this value. */
export function withResource(name: string, value: string, body: string, inLoop: boolean): string {
  return inLoop
    ? `for (using ${name} of [resource(${value}), resource(0)]) {\n${body}}\n`
    : `{\nusing ${name} = resource(${value});\n${body}}\n`;
}
