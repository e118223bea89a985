/** Web streams, known by what they can do. */
import { FiberError, hasMethod } from "../core/index.js";
import type { Sink } from "./sink.js";
import { PulledSource } from "./source.js";

/** As much of a ReadableStream as is used. */
export interface AnyReadableStream<Chunk = any> {
  getReader(): {
    read(): PromiseLike<{ done: boolean; value?: Chunk | undefined }>;
    cancel(reason?: unknown): PromiseLike<void>;
    releaseLock(): void;
  };
}

interface AnyWebWriter<Chunk> {
  readonly desiredSize: number | null;
  readonly ready: PromiseLike<unknown>;
  readonly closed: PromiseLike<unknown>;
  write(chunk: Chunk): PromiseLike<void>;
  close(): PromiseLike<void>;
  abort(reason?: unknown): PromiseLike<void>;
}

/** As much of a WritableStream as is used. */
export interface AnyWritableStream<Chunk = any> {
  getWriter(): AnyWebWriter<Chunk>;
}

export function isReadableStream(value: unknown): value is AnyReadableStream {
  return hasMethod(value, "getReader");
}

export function isWritableStream(value: unknown): value is AnyWritableStream {
  return hasMethod(value, "getWriter");
}

/** Locks the stream until its end. */
export function streamSource(what: string, stream: AnyReadableStream): PulledSource {
  const reader = stream.getReader();
  const next = async (): Promise<IteratorResult<unknown>> => {
    const { done, value } = await reader.read();
    if (done) reader.releaseLock();
    return { done, value };
  };
  return new PulledSource(what, next, async (reason) => {
    await reader.cancel(reason);
    reader.releaseLock();
  });
}

const ignore = (): void => {};

/** Locks the stream for good. */
export class StreamSink implements Sink<unknown> {
  readonly what: string;
  private readonly writer: AnyWebWriter<unknown>;
  private readonly told: Set<() => void>;
  private failure: { readonly error: unknown } | null;
  private closed: boolean;
  private ending: boolean;
  private armed: boolean;

  constructor(what: string, stream: AnyWritableStream) {
    this.what = what;
    this.writer = stream.getWriter();
    this.told = new Set();
    this.failure = null;
    this.closed = false;
    this.ending = false;
    this.armed = false;
    this.writer.closed.then(
      () => this.ended(null),
      (error: unknown) => this.ended({ error }),
    );
  }

  room(): boolean {
    if (this.failure !== null) throw this.failure.error;
    if (this.closed) throw this.brokenOff();
    // Null from the moment when it has broken; why is told a little later.
    return (this.writer.desiredSize ?? 0) > 0;
  }

  put(chunk: unknown): void {
    this.writer.write(chunk).then(undefined, ignore); // `closed` tells
  }

  end(): void {
    this.ending = true;
    this.writer.close().then(undefined, ignore);
  }

  over(): boolean {
    if (this.failure !== null) throw this.failure.error;
    if (this.closed && !this.ending) throw this.brokenOff();
    return this.closed;
  }

  listen(told: () => void): () => void {
    this.told.add(told);
    this.arm();
    return () => void this.told.delete(told);
  }

  abort(reason: unknown): PromiseLike<unknown> | undefined {
    if (this.closed || this.failure !== null) return undefined;
    return this.writer.abort(reason).then(undefined, ignore);
  }

  /** `ready` is another promise each time that there is too much. While a stream closes it says nothing. */
  private arm(): void {
    const { desiredSize } = this.writer;
    if (this.armed || this.ending || desiredSize === null || desiredSize > 0) return;
    this.armed = true;
    const ready = (): void => {
      this.armed = false;
      this.tell();
      if (this.told.size > 0) this.arm();
    };
    this.writer.ready.then(ready, ready);
  }

  private ended(failure: { readonly error: unknown } | null): void {
    this.failure = failure;
    this.closed = true;
    this.tell();
  }

  private tell(): void {
    // A copy, because a listener may leave when it is called, and others may come.
    for (const told of Array.from(this.told)) told();
  }

  private brokenOff(): FiberError {
    return new FiberError("broken", `${this.what} was closed before its end by the other side`);
  }
}
