/** The program that each tool compiles: it says whether its routine was compiled. */
import { execFileSync } from "node:child_process";

export const JS = `
import { Fiber } from "fibril";
function* count(n) {
  for (let i = 0; i < n; i++) yield* Fiber.yield(i);
  return "end";
}
const f = new Fiber(count);
console.log(f.resume(2), f.resume(), f.resume(), count.code !== undefined);
`;
export const TS: string = JS.replace(
  "count(n)",
  "count(n: number): Generator<any, string, any>",
).replace("count.code", "(count as any).code");

export const EXPECTED = "0 1 end true\n";

/** Runs a program in a folder and returns what it prints. */
export function say(folder: string, command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd: folder, encoding: "utf8", timeout: 60_000 });
}
