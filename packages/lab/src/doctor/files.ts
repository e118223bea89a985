/** The small files in which Linux shows its settings. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export class Files {
  readonly #root: string;

  /** A `root` other than `/` stands in for another machine, in tests. */
  constructor(root: string = "/") {
    this.#root = root;
  }

  /** The trimmed text; undefined where there is no such file. */
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
