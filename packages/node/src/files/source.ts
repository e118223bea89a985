/** Bytes of an open file, from a position on. */
import { FiberError } from "fibril";
import { NOT_YET, type Source } from "fibril/extend";
import type { Descriptor } from "./descriptor.js";
import { SystemSource } from "./system-source.js";

/** Bytes of a chunk: as many as Node's streams take. */
const CHUNK = 65_536;

/** One chunk is read ahead while the last one is worked on, but none before somebody has read. */
export class FileSource extends SystemSource implements Source<Uint8Array> {
  readonly #file: Descriptor;
  /** Null where the system keeps the position: of a pipe or a device. */
  #position: number | null;
  /** Bytes that may still be read. */
  #left: number;
  #chunk: Uint8Array | null;
  #failure: unknown;
  #asking: boolean;
  #ended: boolean;

  constructor(file: Descriptor, position: number | null, left: number) {
    super(`the file ${file.path}`);
    this.#file = file;
    this.#position = position;
    this.#left = left;
    this.#chunk = null;
    this.#failure = undefined;
    this.#asking = this.#ended = false;
  }

  take(): Uint8Array | undefined | typeof NOT_YET {
    const chunk = this.#chunk;
    if (chunk !== null) {
      this.#chunk = null;
      this.#ask();
      return chunk;
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#ended) return undefined;
    if (this.#file.closed) throw new FiberError("closed", `${this.what} was closed`);
    this.#ask();
    return this.#ended ? undefined : NOT_YET;
  }

  /** The file is its scope's. */
  close(): undefined {
    this.#ended = true;
    this.#chunk = null;
  }

  #ask(): void {
    if (this.#asking || this.#ended || this.#file.closed) return;
    const length = Math.min(CHUNK, this.#left);
    if (length === 0) {
      this.#ended = true;
      return;
    }
    const bytes = Buffer.allocUnsafeSlow(length);
    this.#asking = true;
    this.#file.read(bytes, 0, length, this.#position, (error, count) => {
      this.#asking = false;
      if (error !== null) this.#failure = error;
      else if (count === 0) this.#ended = true;
      else if (!this.#ended) {
        this.#chunk = count === length ? bytes : bytes.subarray(0, count);
        this.#left -= count;
        if (this.#position !== null) this.#position += count;
      }
      this.tell();
    });
  }
}
