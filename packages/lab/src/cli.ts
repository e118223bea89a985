#!/usr/bin/env node
/** The program `fibril-lab`. Each of its commands has a file in `commands/`. */
import { Command, CommanderError } from "commander";
import { addCompare } from "./commands/compare.js";
import { addDoctor } from "./commands/doctor.js";
import { addGuard } from "./commands/guard.js";
import { addHistory } from "./commands/history.js";
import { addMeasuring } from "./commands/measure.js";
import { addReport } from "./commands/report.js";

const program = new Command("fibril-lab")
  .description("Measures fibers by the programs of Ruby bug #17263, the bug report.")
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text) })
  .helpCommand(false);

addMeasuring(program);
addCompare(program);
addHistory(program);
addGuard(program);
addReport(program);
addDoctor(program);

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  if (error.code === "fibril-lab.refused") process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
