/** `fibril-compile --watch`: compiles what has changed. */
import { readFileSync, rmSync } from "node:fs";
import { watch as watchFiles } from "chokidar";
import { compileFile, type FileOptions, isScript } from "./compile-file.js";
import { type Input, isLeftOut, outputOf } from "./inputs.js";

export interface WatchOptions extends FileOptions {
  /** The folder of the output; without it, nothing is written. */
  readonly out: string | undefined;
  /** Told of what a file is not compiled for. The watch goes on, and the file's last output stays. */
  readonly failed: (error: unknown) => void;
}

/** Compiles everything, and then each file that changes, until the process ends. */
export function watch(inputs: readonly Input[], options: WatchOptions): void {
  new Watch(inputs, options).begin();
}

/**
 * Milliseconds after which a changed file is read: it may still be written, and chokidar tells nothing of changes in the
 * 50 milliseconds after one.
 */
const SETTLED = 100;

class Watch {
  readonly #inputs: readonly Input[];
  readonly #options: WatchOptions;
  /** The texts that were compiled last: not every event is a change. */
  readonly #texts = new Map<string, string>();
  /** The files that have just changed. */
  readonly #settling = new Map<string, NodeJS.Timeout>();

  constructor(inputs: readonly Input[], options: WatchOptions) {
    this.#inputs = inputs;
    this.#options = options;
  }

  begin(): void {
    for (const input of this.#inputs) {
      let isReady = false;
      const comes = (file: string): void => {
        if (isReady) this.#later(file, input);
        else this.#compile(file, input);
      };
      // Not `fs.watch`: on Node 20, a recursive one loses a file that an editor has replaced.
      watchFiles(input.path, {
        ignored: (path, stats) =>
          isLeftOut(path, input, this.#options.out) ||
          (stats?.isFile() === true && !isScript(path)),
      })
        .on("add", comes)
        .on("change", comes)
        .on("unlink", (file) => this.#removed(file, input))
        .on("error", this.#options.failed)
        .on("ready", () => {
          isReady = true;
          say(`watching ${input.path}`);
        });
    }
  }

  #later(file: string, input: Input): void {
    clearTimeout(this.#settling.get(file));
    const compile = (): void => this.#compile(file, input);
    this.#settling.set(file, setTimeout(compile, SETTLED));
  }

  #compile(file: string, input: Input): void {
    this.#settling.delete(file);
    try {
      const text = readFileSync(file, "utf8");
      if (this.#texts.get(file) === text) return;
      this.#texts.set(file, text);
      compileFile(file, outputOf(file, input, this.#options.out), this.#options);
      say(`compiled ${file}`);
    } catch (error) {
      // Removed since: its own event comes.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") this.#options.failed(error);
    }
  }

  #removed(file: string, input: Input): void {
    clearTimeout(this.#settling.get(file));
    this.#texts.delete(file);
    const output = outputOf(file, input, this.#options.out);
    if (output === undefined) return;
    rmSync(output, { force: true });
    rmSync(`${output}.map`, { force: true });
    say(`removed ${output}`);
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
