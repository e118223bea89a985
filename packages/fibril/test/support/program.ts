/** Runs a small program of test/programs in a process of its own, on the host that runs the tests. */
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly errors: string;
}

export class Program {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  #out = "";
  #errors = "";
  #changed: () => void = () => {};

  /** `flags` are of the host itself. */
  constructor(program: string | { name: string; flags: readonly string[] }, ...args: string[]) {
    const { name, flags } = typeof program === "string" ? { name: program, flags: [] } : program;
    const file = fileURLToPath(new URL(`../programs/${name}.js`, import.meta.url));
    const host = globalThis as { Deno?: unknown };
    const before = host.Deno === undefined ? [] : ["run", "--no-check", "--allow-all"];
    // One that hangs must not outlive its test.
    this.process = spawn(process.execPath, [...before, ...flags, file, ...args], {
      timeout: 60_000,
      killSignal: "SIGKILL",
    });
    this.process.stdout?.on("data", (chunk) => {
      this.#out += String(chunk);
      this.#changed();
    });
    this.process.stderr?.on("data", (chunk) => {
      this.#errors += String(chunk);
      this.#changed();
    });
    this.ended = new Promise((resolve) => {
      this.process.on("close", (code, signal) => {
        const ended = { code, signal, out: this.#out, errors: this.#errors };
        // Deno takes the exit codes of shells for the signals themselves.
        const number = constants.signals[signal as NodeJS.Signals];
        resolve(
          host.Deno === undefined || signal === null
            ? ended
            : { ...ended, code: 128 + number, signal: null },
        );
      });
    });
  }

  /** Waits until the program has printed this, on either stream. */
  async printed(text: string): Promise<void> {
    while (!this.#out.includes(text) && !this.#errors.includes(text)) {
      const ended = await Promise.race([
        new Promise<void>((resolve) => (this.#changed = resolve)),
        this.ended,
      ]);
      if (ended !== undefined)
        throw new Error(`it ended without ${text}: ${JSON.stringify(ended)}`);
    }
  }

  signal(name: NodeJS.Signals): void {
    // Not the child's own `kill`: on Deno that one does nothing the second time.
    process.kill(this.process.pid as number, name);
  }
}
