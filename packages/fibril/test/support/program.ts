/** Runs a small program of test/programs in a process of its own, on the host that runs the tests. */
import { type ChildProcess, spawn } from "node:child_process";
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

  constructor(name: string, ...args: string[]) {
    const file = fileURLToPath(new URL(`../programs/${name}.js`, import.meta.url));
    const host = globalThis as { Deno?: unknown };
    const before = host.Deno === undefined ? [] : ["run", "--no-check", "--allow-all"];
    this.process = spawn(process.execPath, [...before, file, ...args]);
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
        resolve({ code, signal, out: this.#out, errors: this.#errors });
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
    this.process.kill(name);
  }
}
