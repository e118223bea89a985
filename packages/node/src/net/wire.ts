/**
 * A socket, as a source of bytes and a sink for them.
 *
 * A hundred thousand idle connections have a wire each. So its listeners are shared functions that find it by a property of
 * the socket, and what only some connections need is made when they need it.
 */
import type { Socket } from "node:net";
import { FiberError } from "fibril";
import { type Listener, NOT_YET, type Sink, type Source, twoReaders } from "fibril/extend";
import { ignore } from "./options.js";

const WIRE: unique symbol = Symbol("fibril.wire");
type Wired = Socket & { [WIRE]: Wire };

/** Bytes that may be there unread before the socket is paused. Node itself keeps as many once more. */
const HIGH = 65_536;
/** Errors that say that the other side, or the way to it, is gone. */
const BROKEN: ReadonlySet<unknown> = new Set([
  "ECONNRESET",
  "EPIPE",
  "ECONNABORTED",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "ERR_STREAM_PREMATURE_CLOSE",
]);

function onData(this: Wired, chunk: Buffer): void {
  this[WIRE].push(chunk);
}

function onEnd(this: Wired): void {
  this[WIRE].ends();
}

/** What only few wires need, so that a hundred thousand idle ones do without. */
interface Rare {
  /** Chunks behind the first. */
  more: Buffer[];
  /** Who waits for room. */
  writers: Set<() => void> | null;
  /** Who waits for its end. */
  ends: (() => void)[];
  /** This side has destroyed the socket. */
  ours: boolean;
}

function onError(this: Wired, error: Error): void {
  this[WIRE].fails(error);
}

function onClose(this: Wired): void {
  this[WIRE].closes();
}

function onRoom(this: Wired): void {
  this[WIRE].tellWriter();
}

export class Wire implements Source<Uint8Array>, Sink<Uint8Array | string> {
  readonly socket: Socket;
  /** What has come and was not taken. */
  private chunk: Buffer | null;
  private size: number;
  private ended: boolean;
  /** What has broken it: the same error each time. */
  failure: unknown;
  private listener: Listener | null;
  private rare: Rare | null;
  /** Sockets speak in bursts. */
  private readonly gather: () => void;

  constructor(socket: Socket, gather: () => void) {
    this.socket = socket;
    this.gather = gather;
    this.chunk = null;
    this.size = 0;
    this.ended = false;
    this.failure = undefined;
    this.listener = null;
    this.rare = null;
    (socket as Wired)[WIRE] = this;
    socket.on("error", onError);
    // Whoever opened the socket has listened until now. It may have ended or broken off in the meantime.
    this.ended = socket.readableEnded;
    socket.removeListener("error", ignore);
    if (socket.errored !== null) this.fails(socket.errored);
    socket.on("close", onClose);
    socket.on("end", onEnd);
    socket.on("data", onData);
    if (socket.isPaused()) socket.resume();
    if (socket.closed) this.closes();
  }

  get what(): string {
    return `the connection ${ends(this.socket)}`;
  }

  // The source.

  take(): Uint8Array | undefined | typeof NOT_YET {
    const { chunk } = this;
    if (chunk === null) {
      if (this.failure !== undefined) throw this.failure;
      if (this.ended) return undefined;
      if (this.closed) throw this.brokenOff(undefined);
      return NOT_YET;
    }
    this.chunk = this.rare?.more.shift() ?? null;
    const before = this.size;
    this.size -= chunk.length;
    if (before >= HIGH && this.size < HIGH) this.socket.resume();
    return chunk;
  }

  listen(listener: Listener): void;
  listen(told: () => void): () => void;
  listen(told: Listener | (() => void)): (() => void) | void {
    if (typeof told === "function") return this.listenToRoom(told);
    if (this.listener !== null) throw twoReaders(this.what);
    this.listener = told;
  }

  unlisten(): void {
    this.listener = null;
  }

  close(reason: unknown): PromiseLike<unknown> | undefined {
    return this.destroy(reason);
  }

  // The sink.

  room(): boolean {
    const { socket } = this;
    if (this.failure === undefined && socket.writable) return !socket.writableNeedDrain;
    throw this.failure ?? this.brokenOff(socket.errored ?? undefined);
  }

  put(chunk: Uint8Array | string): void {
    this.socket.write(chunk);
  }

  end(): void {
    this.socket.end();
  }

  over(): boolean {
    if (this.socket.writableFinished) return true;
    if (this.failure !== undefined) throw this.failure;
    if (this.closed || this.socket.destroyed) throw this.brokenOff(undefined);
    return false;
  }

  abort(reason: unknown): PromiseLike<unknown> | undefined {
    return this.destroy(reason);
  }

  /** Gives what is to be awaited until the socket has closed, if it has not. */
  destroy(reason: unknown): PromiseLike<unknown> | undefined {
    if (this.closed) return undefined;
    // The error would come back by `error`, and there is nobody else whom the socket has to tell of it.
    this.failure ??= reason instanceof Error ? reason : undefined;
    const rare = this.rarely();
    rare.ours = true;
    this.socket.destroy();
    this.tell();
    return new Promise<void>((ends) => rare.ends.push(ends));
  }

  /** Throws away what comes from here on, and says when there will be no more. */
  drain(told: () => void): void {
    this.chunk = null;
    if (this.rare !== null) this.rare.more = [];
    this.size = 0;
    this.socket.removeListener("data", onData);
    this.socket.resume();
    this.listener = { told };
    if (this.ended || this.closed || this.failure !== undefined) told();
  }

  // What the socket says.

  push(chunk: Buffer): void {
    if (this.chunk === null) this.chunk = chunk;
    else this.rarely().more.push(chunk);
    const before = this.size;
    this.size += chunk.length;
    if (before < HIGH && this.size >= HIGH) this.socket.pause();
    if (this.listener === null) return;
    this.gather();
    // Whoever takes it lets the socket go on.
    this.listener.told();
  }

  ends(): void {
    this.ended = true;
    this.listener?.told();
  }

  fails(error: Error): void {
    if (this.failure === undefined) {
      const { code } = error as NodeJS.ErrnoException;
      this.failure = BROKEN.has(code) ? this.brokenOff(error) : error;
    }
    this.tell();
  }

  closes(): void {
    this.tell();
    for (const ends of this.rare?.ends.splice(0) ?? []) ends();
  }

  tellWriter(): void {
    const writers = this.rare?.writers ?? null;
    if (writers === null) return;
    this.gather();
    // A copy, because who is told may leave, and others may come.
    for (const told of Array.from(writers)) told();
  }

  private tell(): void {
    this.listener?.told();
    this.tellWriter();
  }

  private listenToRoom(told: () => void): () => void {
    const rare = this.rarely();
    if (rare.writers === null) {
      rare.writers = new Set();
      this.socket.on("drain", onRoom);
      this.socket.on("finish", onRoom);
    }
    const { writers } = rare;
    writers.add(told);
    return () => void writers.delete(told);
  }

  private rarely(): Rare {
    return (this.rare ??= { more: [], writers: null, ends: [], ours: false });
  }

  private get closed(): boolean {
    return this.socket.closed;
  }

  private brokenOff(cause: unknown): unknown {
    this.failure ??=
      this.rare?.ours === true
        ? new FiberError("closed", `${this.what} was closed`)
        : new FiberError(
            "broken",
            `${this.what} was broken off by the other side`,
            cause === undefined ? {} : { cause },
          );
    return this.failure;
  }
}

/** `with 127.0.0.1:5000`, as far as the socket still knows. */
function ends(socket: Socket): string {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined) return "to its other side";
  return `with ${remoteAddress.includes(":") ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`;
}
