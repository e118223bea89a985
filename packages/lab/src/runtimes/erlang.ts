/** Erlang's processes. */
import { build } from "./build.js";
import type { RuntimeEntry } from "./entry.js";
import { entryOf, EXPERIMENTS_OF_PROGRAMS, named, programFile, outputOf } from "./program.js";

const SOURCE = programFile("erlang/processes.erl");
const RESUME = "a message and its answer, on one scheduler";
const machine = (): string => named("FIBRIL_ERL", "erl");
const compiler = (): string => named("FIBRIL_ERLC", "erlc");

export const erlang: RuntimeEntry = entryOf({
  name: "erlang",
  label: "Erlang processes",
  experiments: EXPERIMENTS_OF_PROGRAMS,
  idiom: {
    ring: "a message passed from process to process, on one scheduler",
    resume: RESUME,
    scale: RESUME,
    create: RESUME,
    depth: RESUME,
    counters: RESUME,
    gc: "dropped processes are told to end; every process collects its own garbage, the others wait for it on one scheduler",
  },
  slow: true,
  async find() {
    const version = await release();
    if (version !== undefined) return { version };
    return { missing: "no Erlang here", hint: "apt-get install erlang-base" };
  },
  async launch({ fibers }) {
    const folder = await build({
      name: "erlang-processes",
      sources: [SOURCE],
      version: (await release()) ?? "",
      command: compiler(),
      args: (target) => ["-o", target, SOURCE],
    });
    // Erlang accepts no limit below 1,024, and needs some processes itself.
    const processes = String(2 * fibers + 10_000);
    const flags = ["+S", "1:1", "+P", processes, "-noshell", "-pa", folder];
    return { command: machine(), args: [...flags, "-run", "processes", "main"] };
  },
});

async function release(): Promise<string | undefined> {
  const script = 'io:format("OTP ~s", [erlang:system_info(otp_release)]), halt().';
  return /OTP (\d+)$/.exec((await outputOf(machine(), ["-noshell", "-eval", script])) ?? "")?.[1];
}
