/**
 * An open file. It is closed once, and never while a call of the system uses it: the system would give its number to the
 * next file that is opened, and the call would reach that one.
 */
import fs, { type Mode, type OpenMode } from "node:fs";
import { FiberError } from "fibril";
import { type Done, named } from "./call.js";

export class Descriptor {
  readonly path: string;
  readonly fd: number;
  /** Calls that are under way. */
  #reads: number;
  #others: number;
  #state: "open" | "closing" | "closed";
  readonly #told: ((error: Error | null) => void)[];

  constructor(path: string, fd: number) {
    this.path = path;
    this.fd = fd;
    this.#reads = this.#others = 0;
    this.#state = "open";
    this.#told = [];
  }

  static open(path: string, flags: OpenMode, mode: Mode, done: Done<Descriptor>): void {
    fs.open(path, flags, mode, (error, fd) => {
      if (error === null) done(null, new Descriptor(path, fd));
      else done(error, undefined as never);
    });
  }

  /** Reads at a position, or where the last such call ended; gives the number of bytes. */
  read(
    into: Uint8Array,
    at: number,
    length: number,
    position: number | null,
    done: Done<number>,
  ): void {
    this.#check();
    this.#reads++;
    const told: Done<number> = (error, count) => {
      this.#reads--;
      this.#returns(error, count, done);
    };
    try {
      fs.read(this.fd, into, at, length, position, told);
    } catch (error) {
      told(error as Error, 0);
    }
  }

  /** Writes all of it, at a position, or where the last such call ended. */
  write(bytes: Uint8Array, position: number | null, done: Done<number>): void {
    this.call<number>((fd, told) => {
      // The system may take less at a time.
      const goOn = (error: Error | null, count: number, at: number): void => {
        const now = at + count;
        if (error !== null || now >= bytes.length) return told(error, now);
        const where = position === null ? null : position + now;
        fs.write(fd, bytes, now, bytes.length - now, where, (error, count) =>
          goOn(error, count, now),
        );
      };
      goOn(null, 0, 0);
    }, done);
  }

  /** Any other call of the system. */
  call<T>(begin: (fd: number, told: Done<T>) => void, done: Done<T>): void {
    this.#check();
    this.#others++;
    const told: Done<T> = (error, value) => {
      this.#others--;
      this.#returns(error, value, done);
    };
    try {
      begin(this.fd, told);
    } catch (error) {
      // Node throws for an argument that it refuses. That call has returned as well: otherwise the file never closed.
      told(error as Error, undefined as never);
    }
  }

  /**
   * Begins no further call, and closes when those under way have returned. Gives what is to be awaited until it has been
   * closed, with the error of that: some file systems tell only then what they could not write. Gives nothing if only a
   * read is under way, which on a pipe or a device may last for ever.
   */
  close(): Promise<Error | null> | undefined {
    if (this.#state === "open") {
      this.#state = "closing";
      this.#end();
    }
    if (this.#state === "closed" || (this.#reads > 0 && this.#others === 0)) return undefined;
    return new Promise((resolve) => this.#told.push(resolve));
  }

  get closed(): boolean {
    return this.#state !== "open";
  }

  #check(): void {
    if (this.closed) throw new FiberError("closed", `the file ${this.path} was closed`);
  }

  #returns<T>(error: Error | null, value: T, done: Done<T>): void {
    if (this.#state === "closing") this.#end();
    done(error === null ? null : named(error, this.path), value);
  }

  #end(): void {
    if (this.#reads + this.#others > 0) return;
    fs.close(this.fd, (error) => {
      this.#state = "closed";
      const failure = error == null ? null : named(error, this.path);
      for (const told of this.#told.splice(0)) told(failure);
    });
  }
}
