/**
 * The types of direct style, exactly: nothing there gives an op, and results are of the types that the ops had. The build
 * checks what is claimed here, and direct-types.test.ts that a wrong claim is an error.
 */
import type { Op } from "fibril";
import type * as direct from "fibril/direct";
import type * as node from "@fibril/node/direct";
import type * as ws from "@fibril/node/ws/direct";

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Compiles when A and B are one type. */
function exactly<A, B>(..._same: Same<A, B> extends true ? [] : [never]): void {}

/** The names of what gives an op, or an object with a method that does. */
type OpsIn<T> = {
  [Key in keyof T]: T[Key] extends (...args: never) => infer Made
    ? 0 extends 1 & Made
      ? never
      : [Made] extends [never]
        ? never
        : Made extends Op<any, any, any>
          ? Key
          : never
    : never;
}[keyof T];

/** The types of objects, by name. */
interface Objects {
  readonly barrier: direct.Barrier;
  readonly broadcast: direct.Broadcast<number>;
  readonly bytes: direct.ByteReader;
  readonly channel: direct.Channel<number>;
  readonly circuitBreaker: direct.CircuitBreaker;
  readonly condition: direct.Condition;
  readonly context: direct.Context<number>;
  readonly createdScope: direct.CreatedScope;
  readonly event: direct.Event;
  readonly fiberMap: direct.FiberMap;
  readonly latch: direct.Latch;
  readonly loader: direct.Loader<string, number>;
  readonly mutex: direct.Mutex;
  readonly once: direct.Once<number>;
  readonly pool: direct.Pool<number>;
  readonly rateLimiter: direct.RateLimiter;
  readonly reader: direct.Reader<string>;
  readonly receiver: direct.Receiver<number>;
  readonly rwLock: direct.RwLock;
  readonly rwLockSide: direct.RwLockSide;
  readonly scope: direct.Scope;
  readonly semaphore: direct.Semaphore;
  readonly sender: direct.Sender<number>;
  readonly supervisor: direct.Supervisor;
  readonly task: direct.Task<number>;
  readonly writer: direct.Writer<string>;
  readonly cluster: node.Cluster;
  readonly connection: node.Connection;
  readonly file: node.OpenFile;
  readonly httpServer: node.HttpServer;
  readonly process: node.Process;
  readonly server: node.Server;
  readonly workers: node.Workers;
  readonly webSocket: ws.WebSocketChannels;
}

// No function and no method gives an op.
exactly<OpsIn<typeof direct>, never>();
exactly<OpsIn<typeof node>, never>();
exactly<OpsIn<typeof ws>, never>();
exactly<{ [Name in keyof Objects]: OpsIn<Objects[Name]> }[keyof Objects], never>();

// Results have the types that the ops had.
exactly<ReturnType<direct.Channel<number>["receive"]>, number>();
exactly<ReturnType<direct.Broadcast<number>["subscribe"]>, direct.Receiver<number>>();
exactly<ReturnType<direct.Receiver<number>["drain"]>, number[]>();
exactly<ReturnType<direct.Barrier["wait"]>, number>();
exactly<ReturnType<direct.Condition["waitUntil"]>, void>();
exactly<direct.Condition["mutex"], direct.Mutex>();
exactly<direct.RwLock["write"], direct.RwLockSide>();
exactly<ReturnType<direct.Pool<string>["acquire"]>, string>();
exactly<ReturnType<direct.Once<string>["get"]>, string>();
exactly<ReturnType<direct.Reader<string>["read"]>, string | undefined>();
exactly<ReturnType<direct.ByteReader["readUntil"]>, Uint8Array | undefined>();
exactly<ReturnType<direct.Loader<string, number>["loadMany"]>, number[]>();
exactly<ReturnType<direct.Supervisor["stop"]>, boolean>();
exactly<ReturnType<direct.Task<number>["join"]>, number>();
exactly<ReturnType<typeof node.connect>, node.Connection>();
exactly<node.Connection["writer"], direct.Writer<node.Bytes>>();
exactly<ReturnType<node.Process["lines"]>, direct.Reader<string>>();
exactly<ReturnType<ws.WebSocketChannels["incoming"]["receive"]>, string | Uint8Array>();
