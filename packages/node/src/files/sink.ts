/** What is written to an open file, from a position on or at its end. */
import { FiberError, type Op, suspend } from "fibril";
import { checkValue, type Sink } from "fibril/extend";
import type { Bytes } from "../net/connection.js";
import { BYTES } from "./call.js";
import type { Descriptor } from "./descriptor.js";

/** Bytes that may be kept while a call of the system writes others. */
const HIGH = 262_144;

/** Chunks that come while one is written go to the system together, by one call. */
export class FileSink implements Sink<Bytes> {
  readonly what: string;
  readonly #file: Descriptor;
  /** Null where the system keeps the position: at the end of a file that is appended to, and of a pipe. */
  #position: number | null;
  #kept: Uint8Array[];
  /** Bytes that were put and are not written. */
  #size: number;
  #writing: boolean;
  #ended: boolean;
  #failure: unknown;
  /** Whether somebody knows of the failure. */
  #known: boolean;
  readonly #told: Set<() => void>;

  constructor(file: Descriptor, position: number | null) {
    this.what = `the file ${file.path}`;
    this.#file = file;
    this.#position = position;
    this.#kept = [];
    this.#size = 0;
    this.#writing = this.#ended = false;
    this.#failure = undefined;
    this.#known = false;
    this.#told = new Set();
  }

  room(): boolean {
    this.#check();
    if (this.#file.closed) throw new FiberError("closed", `${this.what} was closed`);
    return this.#size < HIGH;
  }

  put(chunk: Bytes): void {
    checkValue(this.what, chunk, BYTES);
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    this.#kept.push(bytes);
    this.#size += bytes.length;
    if (!this.#writing) this.#write();
  }

  end(): void {
    this.#ended = true;
  }

  over(): boolean {
    this.#check();
    return this.#ended && !this.#writing;
  }

  listen(told: () => void): () => void {
    this.#told.add(told);
    return () => void this.#told.delete(told);
  }

  /** Whether there is still something to write or to tell. */
  get busy(): boolean {
    return !this.#ended || this.#writing || (this.#failure !== undefined && !this.#known);
  }

  abort(): PromiseLike<void> | undefined {
    this.#kept = [];
    this.#ended = true;
    if (!this.#writing) return undefined;
    return new Promise((resolve) => {
      const stop = this.listen(() => {
        if (this.#writing) return;
        stop();
        resolve();
      });
    });
  }

  /** Waits until what was put is written. Throws a failure that nobody knows of yet. */
  drained(): Op<void> {
    return suspend(`what is written to ${this.what}`, (wake, fail) => {
      const ends = (): boolean => {
        if (this.#failure !== undefined && !this.#known) fail(this.#failure);
        else if (this.#writing) return false;
        else wake();
        return true;
      };
      if (ends()) return undefined;
      const stop = this.listen(() => ends() && stop());
      return stop;
    });
  }

  #check(): void {
    if (this.#failure === undefined) return;
    this.#known = true;
    throw this.#failure;
  }

  #write(): void {
    const [first] = this.#kept;
    if (first === undefined) return;
    const bytes = this.#kept.length === 1 ? first : Buffer.concat(this.#kept);
    this.#kept = [];
    this.#writing = true;
    try {
      this.#file.write(bytes, this.#position, (error) => this.#written(bytes.length, error));
    } catch (error) {
      this.#written(bytes.length, error);
    }
  }

  #written(count: number, error: unknown): void {
    this.#writing = false;
    this.#size -= count;
    if (this.#position !== null) this.#position += count;
    if (error === null) this.#write();
    else {
      this.#failure = error;
      this.#kept = [];
    }
    // A copy, because who is told may leave, and others may come.
    for (const told of Array.from(this.#told)) told();
  }
}
