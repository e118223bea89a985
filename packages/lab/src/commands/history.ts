/** `fibril-lab history`: how stored figures have changed. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { type Experiment, EXPERIMENTS, type Order, ORDERS } from "../cell.js";
import { history } from "../tables/history.js";
import { readStored, type Stored } from "../runs/store.js";
import { toMarkdown, toText } from "../figures/table.js";
import { list, refuse, runtimeList } from "./arguments.js";

const FOLDER = "bench/results";

interface Flags {
  readonly experiment?: Experiment[];
  readonly runtime: string[];
  readonly order?: Order[];
  readonly format: "table" | "markdown";
}

export function addHistory(program: Command): void {
  const command = program
    .command("history [folder]")
    .description(`stored results in order of time (${FOLDER})`)
    .option("--experiment <names>", EXPERIMENTS.join(", "), list(EXPERIMENTS))
    .option("--runtime <names>", "the runtimes whose figures are shown (fibril)", runtimeList, [
      "fibril",
    ])
    .option("--order <names>", ORDERS.join(", "), list(ORDERS))
    .addOption(
      new Option("--format <name>", "of the output")
        .choices(["table", "markdown"])
        .default("table"),
    );
  command.action((folder: string | undefined) => show(folder ?? FOLDER, command.opts<Flags>()));
}

function show(folder: string, flags: Flags): void {
  const runs = read(folder);
  const found = history(runs, {
    runtimes: flags.runtime,
    ...(flags.experiment && { experiments: flags.experiment }),
    ...(flags.order && { orders: flags.order }),
  });
  if (found.length === 0)
    refuse(`there are no stored figures of ${flags.runtime.join(", ")} in ${folder}`);
  const render = flags.format === "markdown" ? toMarkdown : toText;
  process.stdout.write(`${found.map(render).join("\n\n")}\n`);
}

/** A file that cannot be read is named on stderr and sets exit code 1. The others are shown. */
function read(folder: string): Stored[] {
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch (error) {
    refuse(`${folder} cannot be read: ${(error as Error).message}`);
  }
  return names
    .filter((name) => name.endsWith(".json"))
    .flatMap((name) => {
      try {
        return [readStored(join(folder, name))];
      } catch (error) {
        process.stderr.write(`fibril-lab: ${(error as Error).message}\n`);
        process.exitCode = 1;
        return [];
      }
    });
}
