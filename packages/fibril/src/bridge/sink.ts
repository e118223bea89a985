/** Where the chunks of a writer go, without waiting: the counterpart of a source. */
export interface Sink<Chunk> {
  /** Whether one more may be put without too much being kept. Throws what has broken it, each time. */
  room(): boolean;
  /** Puts one. */
  put(chunk: Chunk): void;
  /** No more will be put. */
  end(): void;
  /** Whether all that was put has arrived since `end`. Throws what has broken it. */
  over(): boolean;
  /** Calls back whenever `room` or `over` may have another answer. Gives what stops that. */
  listen(told: () => void): () => void;
  /** What has not arrived is given up. Gives what is to be awaited until it is over, if anything. */
  abort(reason: unknown): PromiseLike<unknown> | undefined;
  /** For dumps. */
  readonly what: string;
}
