/** Crystal's fibers. */
import { build } from "./build.js";
import type { RuntimeEntry } from "./entry.js";
import { entryOf, EXPERIMENTS_OF_PROGRAMS, named, programFile, outputOf } from "./program.js";

const SOURCE = programFile("crystal/fibers.cr");
const compiler = (): string => named("FIBRIL_CRYSTAL", "crystal");

export const crystal: RuntimeEntry = entryOf({
  name: "crystal",
  label: "Crystal fibers",
  experiments: EXPERIMENTS_OF_PROGRAMS,
  idiom: { gc: "dropped fibers are told to end" },
  async find() {
    const answer = await version();
    if (answer !== undefined) return { version: answer };
    return { missing: "no Crystal here", hint: "apt-get install crystal" };
  },
  async launch() {
    const folder = await build({
      name: "crystal-fibers",
      sources: [SOURCE],
      version: (await version()) ?? "",
      command: compiler(),
      args: (target) => ["build", "--release", "--no-color", "-o", `${target}/fibers`, SOURCE],
    });
    return { command: `${folder}/fibers`, args: [] };
  },
});

async function version(): Promise<string | undefined> {
  return /^Crystal (\S+)/.exec((await outputOf(compiler(), ["--version"])) ?? "")?.[1];
}
