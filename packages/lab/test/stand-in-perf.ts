/**
 * A perf for machines whose processor counts nothing: it speaks perf's protocol to the letter, runs the
 * real program, and says what was recorded in the bug report for that many fibers. It counts only if the
 * program opened the gate once and closed it once.
 *
 * FIBRIL_STAND_IN: what kind of machine it plays.
 */
import { spawn } from "node:child_process";
import { constants, openSync, readFileSync, readSync, writeFileSync, writeSync } from "node:fs";
import { programFile } from "#lab/runtimes/program.js";

type Kind = "hardware" | "by-turns" | "none" | "forbidden" | "broken";

const kind = (process.env["FIBRIL_STAND_IN"] ?? "hardware") as Kind;
const SOFTWARE = ["page-faults", "major-faults", "minor-faults"];

const fixture = (name: string): string =>
  readFileSync(new URL(`../../test/fixtures/${name}`, import.meta.url), "utf8");

/** Of the bug report's CSV: event to value, in the row for that many fibers. */
function recorded(fibers: number): Map<string, string> {
  const [head, ...rows] = readFileSync(programFile("ruby/bug-report-counters.csv"), "utf8")
    .trim()
    .split("\n")
    .map((text) => text.split(","));
  const row = rows.find(([size]) => Number(size) === fibers) ?? rows[0];
  return new Map((head as string[]).map((name, i) => [name, (row as string[])[i] as string]));
}

/** As perf 6.1 prints it. */
function line(event: string, value: string): string {
  const hardware = !SOFTWARE.includes(event);
  const counted = hardware && kind === "none" ? "<not supported>" : `${value}.000000`;
  const running = hardware && kind === "by-turns" ? "40.00" : "100.00";
  return `{"counter-value" : "${counted}", "unit" : "", "event" : "${event}", "event-runtime" : 1, "pcnt-running" : ${running}, "metric-value" : 0.000000, "metric-unit" : "(null)"}\n`;
}

function option(args: readonly string[], name: string): string {
  return args[args.indexOf(name) + 1] as string;
}

/** Answers each command as perf does, with an extra byte. Returns the commands. */
function serve(control: string, ack: string): string[] {
  const from = openSync(control, constants.O_RDWR | constants.O_NONBLOCK);
  const to = openSync(ack, "r+");
  const said: string[] = [];
  const bytes = Buffer.alloc(64);
  setInterval(() => {
    try {
      const words = bytes.subarray(0, readSync(from, bytes)).toString().trim().split("\n");
      for (const word of words) {
        said.push(word);
        writeSync(to, "ack\n\0");
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
  }, 1);
  return said;
}

function gated(args: readonly string[], after: (said: string) => void): void {
  const [control, ack] = option(args, "--control").slice("fifo:".length).split(",");
  if (option(args, "-D") !== "-1") throw new Error("would count from the start");
  const said = serve(control as string, ack as string);
  const [command, ...rest] = args.slice(args.indexOf("--") + 1) as [string, ...string[]];
  const child = spawn(command, rest, { stdio: "inherit" });
  child.once("close", (code) => {
    after(said.join(" "));
    process.exit(code ?? 1);
  });
}

function stat(args: readonly string[]): void {
  const events = option(args, "-e").split(",");
  if (kind === "forbidden" && events.some((event) => !SOFTWARE.includes(event))) {
    process.stderr.write("Error:\nAccess to performance monitoring … is limited.\n");
    process.exit(255);
  }
  if (!args.includes("--control")) {
    process.stderr.write(events.map((event) => line(event, "1")).join(""));
    return;
  }
  if (kind === "broken") process.exit(129);
  const fibers = Number(/"fibers":(\d+)/.exec(args.join(" "))?.[1] ?? args.at(-3));
  const row = recorded(fibers);
  gated(args, (said) => {
    const right = said === "enable disable";
    const lines = events.map((event) => line(event, right ? (row.get(event) ?? "0") : "0"));
    writeFileSync(option(args, "-o"), `# started\n\n${lines.join("")}`);
  });
}

const [command, ...args] = process.argv.slice(2);
if (command === "--version") process.stdout.write("perf version 6.1.stand-in\n");
else if (command === "stat") stat(args);
else if (command === "record") gated(args, (said) => writeFileSync(option(args, "-o"), said));
else if (command === "script") {
  const said = readFileSync(option(args, "-i"), "utf8");
  if (said === "enable disable") process.stdout.write(fixture("perf-script.txt"));
} else process.exit(129);
