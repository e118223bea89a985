/**
 * Node's streams, known by what they can do. An `error` event that nobody listens to ends the program; so there is
 * one listener for it from the beginning to the stream's `close`. All others are there while a fiber waits.
 */
import { FiberError, hasMethod } from "../core/index.js";
import { type Listener, NOT_YET, type Source, twoReaders } from "./source.js";
import type { Sink } from "./sink.js";

interface AnyStream {
  on(type: string, listener: (...args: any[]) => void): unknown;
  removeListener(type: string, listener: (...args: any[]) => void): unknown;
  destroy(error?: Error): unknown;
  readonly destroyed?: boolean;
}

/** As much of a Readable as is used. */
export interface AnyReadable<Chunk = any> extends AnyStream {
  read(): Chunk | null;
  readonly readableEnded?: boolean;
}

/** As much of a Writable as is used. */
export interface AnyWritable<Chunk = any> extends AnyStream {
  write(chunk: Chunk): boolean;
  end(): unknown;
  readonly writableNeedDrain?: boolean;
  readonly writableEnded?: boolean;
  readonly writableFinished?: boolean;
}

export function isReadable(value: unknown): value is AnyReadable {
  return hasMethod(value, "read") && hasMethod(value, "on") && hasMethod(value, "destroy");
}

export function isWritable(value: unknown): value is AnyWritable {
  return hasMethod(value, "write") && hasMethod(value, "on") && hasMethod(value, "end");
}

/** What the two directions share: how the stream broke, and whether it has closed. */
class Watched {
  readonly what: string;
  protected failure: { readonly error: unknown } | null;
  protected closed: boolean;
  private readonly stream: AnyStream;
  private readonly until: (() => void)[];

  constructor(what: string, stream: AnyStream) {
    this.what = what;
    this.stream = stream;
    this.failure = null;
    this.closed = false;
    this.until = [];
    const failed = (error: unknown): void => {
      this.failure ??= { error };
    };
    const closes = (): void => {
      this.closed = true;
      stream.removeListener("error", failed);
      stream.removeListener("close", closes);
      for (const tell of this.until.splice(0)) tell();
    };
    stream.on("error", failed);
    stream.on("close", closes);
    const { closed, errored } = stream as { closed?: boolean; errored?: unknown };
    if (errored !== undefined && errored !== null) this.failure = { error: errored };
    if (closed === true) closes();
  }

  protected on(types: readonly string[], told: () => void): () => void {
    const { stream } = this;
    for (const type of types) stream.on(type, told);
    return () => {
      for (const type of types) stream.removeListener(type, told);
    };
  }

  protected destroy(reason: unknown): PromiseLike<unknown> | undefined {
    if (this.closed) return undefined;
    // Only an error says that something went wrong; it is told to whoever else listens.
    this.stream.destroy(reason instanceof Error ? reason : undefined);
    return new Promise<void>((resolve) => this.until.push(resolve));
  }

  protected brokenOff(): FiberError {
    return new FiberError("broken", `${this.what} was closed before its end by the other side`);
  }
}

export class ReadableSource extends Watched implements Source<unknown> {
  private readonly readable: AnyReadable;
  private ended: boolean;
  private stop: (() => void) | null;

  constructor(what: string, readable: AnyReadable) {
    super(what, readable);
    this.readable = readable;
    this.ended = false;
    this.stop = null;
  }

  take(): unknown {
    const { readable } = this;
    if (this.failure !== null) throw this.failure.error;
    const chunk: unknown = this.ended ? null : readable.read();
    if (chunk !== null) return chunk;
    if (this.ended || readable.readableEnded === true) return undefined;
    if (this.closed || readable.destroyed === true) throw this.brokenOff();
    return NOT_YET;
  }

  listen(listener: Listener): void {
    if (this.stop !== null) throw twoReaders(this.what);
    const told = (): void => listener.told();
    const ends = (): void => {
      this.ended = true;
      told();
    };
    const stop = this.on(["readable", "error", "close"], told);
    const stopToo = this.on(["end"], ends);
    this.stop = () => {
      stop();
      stopToo();
    };
  }

  unlisten(): void {
    this.stop?.();
    this.stop = null;
  }

  close(reason: unknown): PromiseLike<unknown> | undefined {
    return this.destroy(reason);
  }
}

export class WritableSink extends Watched implements Sink<unknown> {
  private readonly writable: AnyWritable;
  private full: boolean;
  private ending: boolean;
  private finished: boolean;

  constructor(what: string, writable: AnyWritable) {
    super(what, writable);
    this.writable = writable;
    this.full = false;
    this.ending = false;
    this.finished = false;
  }

  room(): boolean {
    const { writable } = this;
    if (this.failure !== null) throw this.failure.error;
    if (writable.writableEnded === true || this.closed || writable.destroyed === true) {
      throw this.brokenOff();
    }
    return !(writable.writableNeedDrain ?? this.full);
  }

  put(chunk: unknown): void {
    this.full = !this.writable.write(chunk);
  }

  end(): void {
    this.ending = true;
    this.writable.end();
  }

  over(): boolean {
    if (this.failure !== null) throw this.failure.error;
    if (this.ending && (this.finished || this.writable.writableFinished === true)) return true;
    if (this.closed || this.writable.destroyed === true) throw this.brokenOff();
    return false;
  }

  listen(told: () => void): () => void {
    const drains = (): void => {
      this.full = false;
      told();
    };
    const finishes = (): void => {
      this.finished = true;
      told();
    };
    const stops = [
      this.on(["drain"], drains),
      this.on(["finish"], finishes),
      this.on(["error", "close"], told),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  abort(reason: unknown): PromiseLike<unknown> | undefined {
    return this.destroy(reason);
  }
}
