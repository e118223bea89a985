/** The small files in which Linux says how it is set. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export class Files {
  readonly #root: string;

  /** `root` is another than `/` where a machine is played. */
  constructor(root: string = "/") {
    this.#root = root;
  }

  /** The text without the spaces around it; undefined where there is no such file. */
  text(path: string): string | undefined {
    try {
      return readFileSync(join(this.#root, path), "utf8").trim();
    } catch {
      return undefined;
    }
  }

  number(path: string): number | undefined {
    const text = this.text(path);
    return text === undefined || !/^-?\d+$/.test(text) ? undefined : Number(text);
  }

  has(path: string): boolean {
    return existsSync(join(this.#root, path));
  }
}
