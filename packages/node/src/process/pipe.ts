/** The pipes to and from a process. */
import type { Socket } from "node:net";
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

/** A pipe is a socket of Node's, whose other side is a process. */
export class Pipe extends Wire {
  readonly #what: string;
  readonly #tail: Tail | undefined;
  #forgets: boolean;

  constructor(socket: Socket, what: string, tail?: Tail) {
    super(socket);
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
