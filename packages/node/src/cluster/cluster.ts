/**
 * Servers on many cores: processes that share their listening sockets, by `node:cluster`. The first process opens each socket
 * and keeps it for as long as any member listens on it; so no connection is lost when one of them leaves. (With SO_REUSEPORT
 * each process has a line of its own, and the system resets what stands in the line of one that leaves.)
 */
import cluster from "node:cluster";
import { availableParallelism } from "node:os";
import {
  all,
  Mutex,
  type Op,
  type Routine,
  routine,
  type Scope,
  shield,
  sleep,
  suspend,
} from "fibril";
import {
  CALLBACK,
  checkOptions,
  checkValue,
  MILLISECONDS,
  type Rules,
  TEXT,
  wholeFrom,
} from "fibril/extend";
import { type CloseOptions, Life, type ServerState, type Stages } from "../net/life.js";
import { closing, fails } from "../net/listen.js";
import { LONGEST_TIMER, SETTINGS } from "../net/options.js";
import { broken } from "../workers/errors.js";
import {
  addressOf,
  type AnyModule,
  type ArgsOf,
  type ModuleAt,
  type RoutineName,
} from "../workers/module.js";
import { Member, type MemberSettings } from "./member.js";

/** Options of `openCluster`. */
export interface ClusterOptions {
  /** How many processes serve: as many as the machine has cores for this one by default. */
  readonly size?: number | undefined;
  /**
   * Milliseconds for the members to end when the cluster closes, or its scope is asked to end, before they are killed;
   * for each of them, when it reloads. Their servers' own graces come before. 10,000 by default.
   */
  readonly grace?: number | undefined;
  /** Additions to the environment of the members. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Arguments of Node for the members: the process's own by default. */
  readonly execArgv?: readonly string[] | undefined;
  /** For dumps. */
  readonly name?: string | undefined;
  /**
   * Called when a member has ended without having been asked to, and when none could be started in its place. Without
   * it, that is reported to the host, as the error of any fiber that nothing joins.
   */
  readonly onError?: ((error: unknown) => void) | undefined;
}

const RULES: Rules<ClusterOptions> = {
  size: wholeFrom(1),
  grace: MILLISECONDS,
  env: SETTINGS,
  execArgv: SETTINGS,
  name: TEXT,
  onError: CALLBACK,
};

/** What a cluster is doing, in numbers. */
export interface ClusterStats {
  /** How many processes are to serve. */
  readonly size: number;
  /** Processes that there are, those included that are starting or leaving. */
  readonly members: number;
  /** Members that have ended without having been asked to, so far. */
  readonly lost: number;
}

/** So many times in a row it is tried to replace a member. */
const TRIES = 5;
/** Milliseconds before the second try; each further one waits twice as long. */
const BACK_OFF = 200;

class ClusterCore implements Stages {
  readonly size: number;
  readonly grace: number;
  readonly settings: MemberSettings;
  readonly members: Set<Member>;
  readonly reloading: Mutex;
  readonly onError: ClusterOptions["onError"];
  handlers: Scope | null;
  lost: number;
  closing: boolean;
  port: number | undefined;

  constructor(options: ClusterOptions, settings: MemberSettings) {
    const { grace = 10_000, onError, size = availableParallelism() } = options;
    this.size = size;
    this.grace = grace;
    this.settings = settings;
    this.members = new Set();
    this.reloading = new Mutex();
    this.onError = onError;
    this.handlers = null;
    this.lost = 0;
    this.closing = false;
    this.port = undefined;
  }

  /** Starts a member, and waits until it serves. */
  *start(): Routine<void> {
    if (this.closing) throw broken("the cluster was closed", "closed");
    const member = new Member(this.settings);
    this.members.add(member);
    let serves = false;
    try {
      yield* member.ready();
      serves = true;
    } finally {
      if (!serves) {
        member.kill();
        yield* shield(() => member.gone());
        this.members.delete(member);
      }
    }
    this.port = member.address?.port ?? this.port;
    member.onLost((error) => this.#loses(member, error));
  }

  #loses(member: Member, error: unknown): void {
    if (!this.members.delete(member)) return;
    this.lost++;
    this.tell(error);
    this.handlers?.spawn("a new member", () => this.#replace());
  }

  /** Members that serve, or are about to. */
  get #serving(): number {
    let count = 0;
    for (const { asked } of this.members) if (!asked) count++;
    return count;
  }

  *#replace(): Routine<void> {
    // A reload may have replaced it meanwhile.
    for (let tries = 1; !this.closing && this.#serving < this.size; tries++) {
      try {
        return yield* this.start();
      } catch (error) {
        if (this.closing) return;
        if (tries === TRIES) {
          const text = `a member of the cluster could not be replaced: ${tries} in a row did not start`;
          return this.tell(broken(text, "broken", error));
        }
      }
      yield* sleep(BACK_OFF * 2 ** (tries - 1));
    }
  }

  /** Replaces all members, one after the other: the new one serves before the old one leaves. */
  *reload(): Routine<void> {
    const old = Array.from(this.members);
    try {
      for (let n = 0; n < Math.max(old.length, this.size); n++) {
        const member = old[n];
        const serves = member !== undefined && this.members.has(member);
        // One that has been lost meanwhile may have been replaced.
        if (!serves && this.#serving >= this.size) continue;
        yield* this.start();
        if (serves) yield* this.#leaves(member);
      }
    } finally {
      // One that was lost while there was one too many was not replaced.
      this.#fill();
    }
  }

  #fill(): void {
    if (this.closing) return;
    for (let n = this.#serving; n < this.size; n++) {
      this.handlers?.spawn("a new member", () => this.#replace());
    }
  }

  *#leaves(member: Member): Routine<void> {
    member.close();
    const timer = setTimeout(() => member.kill(), Math.min(this.grace, LONGEST_TIMER));
    try {
      yield* shield(() => member.gone());
    } finally {
      clearTimeout(timer);
      this.members.delete(member);
    }
  }

  tell(error: unknown): void {
    if (this.onError !== undefined) return this.onError(error);
    this.handlers?.spawn("a failure of the cluster", fails, error);
  }

  open(handlers: Scope): void {
    this.handlers = handlers;
    handlers.spawn("members", () => this.#watch());
    this.#fill();
  }

  /** Keeps the cluster from having ended before its processes have. */
  *#watch(): Routine<void> {
    try {
      yield* suspend("the cluster to be closed", () => {});
    } finally {
      yield* shield(() => this.drained());
    }
  }

  // oxlint-disable-next-line require-yield -- other servers have to wait here
  *stop(): Routine<void> {
    this.closing = true;
    for (const member of this.members) member.close();
  }

  *drained(): Routine<void> {
    for (const member of Array.from(this.members)) {
      yield* member.gone();
      this.members.delete(member);
    }
  }

  destroy(): void {
    this.closing = true;
    for (const member of this.members) member.kill();
  }
}

const reloads = routine("cluster.reload", (core: ClusterCore) =>
  core.reloading.with(() => core.reload()),
);

/** Processes that serve together. Made by `openCluster`. */
export class Cluster {
  readonly #core: ClusterCore;
  readonly #life: Life;

  /** @internal */
  constructor(core: ClusterCore, life: Life) {
    this.#core = core;
    this.#life = life;
  }

  /** The port on which its members listen; undefined for a Unix socket. */
  get port(): number | undefined {
    return this.#core.port;
  }

  /** Where it is in its life. */
  get state(): ServerState {
    return this.#life.state;
  }

  /**
   * Replaces all members, one after the other, for a new version of the program's files: each new one serves before an
   * old one is told to close, which finishes what it has begun. No request is lost.
   *
   * Suspends until all have been replaced. Throws when a new member does not start: then those that have not been
   * replaced go on.
   */
  reload(): Op<void> {
    return reloads(this.#core);
  }

  /**
   * Closes it: its members stop accepting, finish within `grace` milliseconds, and are killed after that. Suspends until
   * all have ended.
   */
  close(options: CloseOptions = {}): Op<void> {
    return closing(this.#life, options);
  }

  /** What it is doing, in numbers. A plain call. */
  stats(): ClusterStats {
    const { lost, members, size } = this.#core;
    return { size, members: members.size, lost };
  }
}

const open = routine("openCluster", function* (options: ClusterOptions, settings: MemberSettings) {
  const core = new ClusterCore(options, settings);
  const starts = Array.from({ length: core.size }, () => () => core.start());
  let started = false;
  try {
    yield* all(starts);
    started = true;
  } finally {
    if (!started) {
      core.destroy();
      yield* shield(() => core.drained());
    }
  }
  const life = new Life(core, core.grace);
  life.start(options.name ?? "cluster");
  return new Cluster(core, life);
});

/**
 * Serves on many cores: runs a routine that a module exports in several processes, which share the ports that they listen
 * on. Each has a scheduler of its own. The routine opens its servers with `listen` or `serve`, and may return then.
 *
 * Suspends until each member listens. Throws what the routine throws as it starts, TypeError for a module that does not
 * export it, RangeError and TypeError for invalid options. The cluster is a child of the innermost scope, which it
 * keeps open until `cluster.close()`; when the scope is asked to end, it closes with its `grace`. A member that ends by
 * itself is replaced.
 *
 * ```ts
 * import { openCluster } from "@fibril/node";
 *
 * // Starts `export function* api(port)` of api.js, which opens its server, in four processes.
 * const program = function* () {
 *   const cluster = yield* openCluster({ size: 4 }, new URL("file:///app/api.js"), "api", 8080);
 *   console.log(`serving at port ${cluster.port}`);
 * };
 * typeof program; // "function", for main(program)
 * ```
 */
export function openCluster<Exports, Name extends RoutineName<Exports>>(
  options: ClusterOptions,
  module: ModuleAt<Exports>,
  name: Name,
  ...args: ArgsOf<Exports[Name]>
): Op<Cluster>;
export function openCluster(
  options: ClusterOptions,
  module: AnyModule,
  name: string,
  ...args: unknown[]
): Op<Cluster>;
export function openCluster(
  options: ClusterOptions,
  module: URL | string,
  name: string,
  ...args: unknown[]
): Op<Cluster> {
  checkOptions("openCluster", options, RULES);
  const address = addressOf("openCluster", module);
  checkValue("openCluster", name, TEXT);
  if (!cluster.isPrimary) throw new TypeError("a member of a cluster cannot open a cluster");
  const { env, execArgv } = options;
  return open(options, { work: { module: address, name, args }, env, execArgv });
}
