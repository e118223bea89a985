/** A connection: the two ends of a socket that a fiber reads from and writes to. */
import type { Socket } from "node:net";
import {
  type ByteReader,
  FiberError,
  lines,
  type LinesOptions,
  moveOnAfter,
  type Op,
  type Reader,
  type ReadUntilOptions,
  type Routine,
  suspend,
  type Writer,
} from "fibril";
import { bytesOn, gatherer, writerOn } from "fibril/extend";
import { Wire } from "./wire.js";

/** What a connection may write: bytes, or text as UTF-8. */
export type Bytes = Uint8Array | string;

/**
 * A TCP, TLS or Unix connection. It belongs to the handler that it was given to, or to the scope in which `connect`
 * opened it, and is closed when that ends.
 *
 * The methods are those of its reader and writer, which other functions take: `pipe(connection.reader, …)`.
 */
export class Connection {
  /** Node's own socket, for its addresses and settings. What is read and written goes through the connection. */
  readonly socket: Socket;
  /** What comes from the other side. */
  readonly reader: ByteReader;
  #writer: Writer<Bytes> | null;
  readonly #wire: Wire;

  /** @internal */
  constructor(socket: Socket, name: string) {
    this.socket = socket;
    this.#wire = new Wire(socket, gatherer());
    this.reader = bytesOn(this.#wire, name);
    this.#writer = null;
  }

  /** What goes to the other side. */
  get writer(): Writer<Bytes> {
    if (this.#writer !== null) return this.#writer;
    const writer = (this.#writer = writerOn<Bytes>(this.#wire, this.reader.name));
    // It is made when it is first asked for, which may be after the end.
    if (this.reader.closed) writer.abort();
    return writer;
  }

  /** Reads what has come, or exactly `count` bytes; undefined at the end. Suspends and throws as `ByteReader.read` does. */
  read(count?: number): Op<Uint8Array | undefined> {
    return this.reader.read(count);
  }

  /** Reads up to a mark, with the mark; undefined at the end. Suspends and throws as `ByteReader.readUntil` does. */
  readUntil(mark: string | Uint8Array, options?: ReadUntilOptions): Op<Uint8Array | undefined> {
    return this.reader.readUntil(mark, options);
  }

  /** A reader of lines. A plain call. */
  lines(options?: LinesOptions): Reader<string> {
    return lines(this.reader, options);
  }

  /** Writes bytes, or text as UTF-8. Suspends only while there is no room: see `Writer`. */
  write(chunk: Bytes): Op<void> {
    return this.writer.write(chunk);
  }

  /** Nothing more will be written: waits until all that was has been sent. The other direction stays open. */
  end(): Op<void> {
    return this.writer.end();
  }

  /** Closes both directions at once. What was not sent is lost. A plain call; a second one does nothing. */
  close(reason?: unknown): void {
    this.reader.close(reason);
    this.#writer?.abort(reason);
  }

  /** Whether `close` was called. */
  get closed(): boolean {
    return this.reader.closed;
  }

  /** `the connection with 127.0.0.1:5000`. */
  toString(): string {
    return this.#wire.what;
  }

  /** Closes it and waits until the socket has closed: for `use` and `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#wire.destroy(undefined);
  }

  /** @internal Whether the connection itself has thrown this, because the other side broke off. */
  _isBroken(error: unknown): boolean {
    return error === this.#wire.failure && error instanceof FiberError && error.code === "broken";
  }

  /**
   * @internal Ends it in order: what was written is sent, and then the other side is waited for, because what it is still
   * sending would otherwise be answered with a reset, by which it may lose what it has not read yet.
   */
  *_finish(linger: number): Routine<void> {
    // A writer that has ended is closed as well; one that was aborted has destroyed the socket.
    const aborted = this.writer.closed && this.socket.destroyed;
    if (this.reader.closed || aborted || this.#wire.failure !== undefined) return;
    const { writer } = this;
    const wire = this.#wire;
    yield* moveOnAfter(linger, function* () {
      yield* writer.end();
      yield* suspend("the other side to close", (wake) => wire.drain(wake));
    });
  }
}
