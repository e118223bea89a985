/** A member of a cluster, as the cluster sees it. */
import cluster, { type Address, type Worker } from "node:cluster";
import { fileURLToPath } from "node:url";
import { FiberError, type Routine, until } from "fibril";
import { unpack } from "../workers/errors.js";
import type { ToCluster, ToMember, Work } from "./protocol.js";

export interface MemberSettings {
  readonly work: Work;
  readonly env: Readonly<Record<string, string>> | undefined;
  readonly execArgv: readonly string[] | undefined;
}

const ENTRY = fileURLToPath(new URL("./process.js", import.meta.url));

const CLOSE: ToMember = { kind: "close" };

export class Member {
  readonly #worker: Worker;
  /** Resolves when it listens, or has ended before: with the reason then. */
  readonly #ready: Promise<unknown>;
  readonly #gone: Promise<void>;
  /** What its routine has thrown. */
  #error: unknown;
  #asked: boolean;
  /** Set when it has ended. */
  #end: { readonly why: unknown } | null;
  address: Address | undefined;

  constructor({ env, execArgv, work }: MemberSettings) {
    // The settings are those of the next fork alone: another cluster sets its own.
    cluster.setupPrimary({
      exec: ENTRY,
      execArgv: execArgv === undefined ? process.execArgv : Array.from(execArgv),
      serialization: "advanced",
    });
    this.#worker = cluster.fork(env);
    this.#error = this.address = undefined;
    this.#asked = false;
    this.#end = null;
    const worker = this.#worker;
    this.#gone = new Promise((resolve) => {
      this.#onEnd((why) => {
        this.#end = { why };
        resolve();
      });
    });
    this.#ready = new Promise((resolve) => {
      worker.once("listening", (address) => {
        this.address = address;
        resolve(undefined);
      });
      worker.on("message", (message: ToCluster) => {
        if (message.kind === "here") this.#post(this.#asked ? CLOSE : { kind: "run", work });
        else if (message.kind === "ready") resolve(undefined);
        else this.#error = unpack(message.error);
      });
      this.#onEnd(resolve);
    });
  }

  /** Whether it was told to close. */
  get asked(): boolean {
    return this.#asked;
  }

  /** Waits until it listens, or its routine has returned. */
  *ready(): Routine<void> {
    const error = yield* until("a member of the cluster to listen", () => this.#ready);
    if (error !== undefined) throw error;
  }

  /** Waits until its process has ended. */
  *gone(): Routine<void> {
    yield* until("a member of the cluster to end", () => this.#gone);
  }

  /** Calls back when it ends without having been asked to; at once if it has ended already. */
  onLost(lost: (error: unknown) => void): void {
    const ends = (why: unknown): void => {
      if (!this.#asked) lost(why);
    };
    if (this.#end === null) this.#onEnd(ends);
    else ends(this.#end.why);
  }

  close(): void {
    if (this.#asked || this.#end !== null) return;
    this.#asked = true;
    this.#post(CLOSE);
  }

  kill(): void {
    this.#asked = true;
    if (this.#end === null) this.#worker.process.kill("SIGKILL");
  }

  #onEnd(ends: (why: unknown) => void): void {
    const worker = this.#worker;
    worker.once("exit", (code, signal) => ends(this.#why(code, signal)));
    worker.on("error", (error) => {
      // Of a process that the system did not start, Node tells no exit. Other errors are those of messages to a process
      // that has ended, whose exit is told.
      if (worker.process.pid === undefined) ends((this.#error ??= notStarted(error)));
    });
  }

  #post(message: ToMember): void {
    if (this.#worker.isConnected()) this.#worker.send(message, () => {});
  }

  #why(code: number, signal: string | null): unknown {
    if (this.#error !== undefined) return this.#error;
    const { pid } = this.#worker.process;
    const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
    return new FiberError(
      "broken",
      `process ${pid} of the cluster has ended by itself, with ${how}`,
    );
  }
}

function notStarted(cause: Error): FiberError {
  const text = `a process of the cluster could not be started: ${cause.message}`;
  return new FiberError("broken", text, { cause });
}
