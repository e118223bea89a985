/** The pipes to and from a process. */
import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import { FiberError } from "fibril";
import { gatherer, type Sink } from "fibril/extend";
import type { Bytes } from "../net/connection.js";
import { Wire } from "../net/wire.js";

/** Bytes of stderr that are kept for an error. */
const TAIL = 4_096;

/** The last bytes of what has gone by. */
export class Tail {
  #chunks: Uint8Array[];
  #size: number;

  constructor() {
    this.#chunks = [];
    this.#size = 0;
  }

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    // Joined now and then, because a process may write a byte at a time.
    if (this.#size > 2 * TAIL || this.#chunks.length > 64) {
      // A copy, so that what is kept of a large chunk does not keep all of it.
      this.#chunks = [Buffer.from(Buffer.concat(this.#chunks).subarray(-TAIL))];
      this.#size = this.#chunks[0]!.length;
    }
  }

  get text(): string {
    return Buffer.concat(this.#chunks).subarray(-TAIL).toString();
  }
}

/** What a process writes. A pipe is a socket of Node's. */
export class Output extends Wire {
  readonly #what: string;
  readonly #tail: Tail | undefined;
  #forgets: boolean;

  constructor(socket: Socket, what: string, tail?: Tail) {
    super(socket, gatherer());
    this.#what = what;
    this.#tail = tail;
    this.#forgets = false;
  }

  override get what(): string {
    return this.#what;
  }

  override push(chunk: Buffer): void {
    this.#tail?.add(chunk);
    if (!this.#forgets) super.push(chunk);
  }

  /** Nobody will read it: what has come and what will come is thrown away, so that the process need not wait. */
  forget(): void {
    this.#forgets = true;
    try {
      while (this.take() instanceof Uint8Array);
    } catch {
      // Whoever reads it will be told.
    }
  }
}

/** What a process reads. It is only written to, because in Deno and Bun it is no socket. */
export class Input implements Sink<Bytes> {
  readonly what: string;
  /** What has broken it: the same error each time. */
  failure: FiberError | null;
  readonly #stream: Writable;
  #full: boolean;
  readonly #told: Set<() => void>;

  constructor(stream: Writable, what: string) {
    this.what = what;
    this.failure = null;
    this.#stream = stream;
    this.#full = false;
    this.#told = new Set();
    const tell = (): void => {
      // A copy, because who is told may leave, and others may come.
      for (const told of Array.from(this.#told)) told();
    };
    stream.on("error", (error) => {
      this.#breaks(error);
      tell();
    });
    stream.on("drain", () => {
      this.#full = false;
      tell();
    });
    stream.on("finish", tell);
    stream.on("close", tell);
  }

  room(): boolean {
    if (this.failure !== null) throw this.failure;
    if (!this.#stream.writable) throw this.#breaks(this.#stream.errored);
    return !this.#full;
  }

  put(chunk: Bytes): void {
    this.#full = !this.#stream.write(chunk);
  }

  end(): void {
    this.#stream.end();
  }

  over(): boolean {
    if (this.#stream.writableFinished) return true;
    if (this.failure !== null) throw this.failure;
    if (this.#stream.destroyed) throw this.#breaks(this.#stream.errored);
    return false;
  }

  listen(told: () => void): () => void {
    this.#told.add(told);
    return () => void this.#told.delete(told);
  }

  abort(): Promise<void> | undefined {
    const stream = this.#stream;
    stream.destroy();
    if (stream.closed) return undefined;
    return new Promise((resolve) => stream.once("close", resolve));
  }

  #breaks(cause: Error | null): FiberError {
    return (this.failure ??= new FiberError(
      "broken",
      `${this.what} was closed by the process`,
      cause === null ? {} : { cause },
    ));
  }
}
