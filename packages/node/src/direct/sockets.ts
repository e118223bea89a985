/** Sockets. */
import type { DirectBut, Reader, ByteReader, Writer } from "fibril/direct";
import * as node from "../index.js";
import type { Bytes, ConnectOptions } from "../index.js";
import type { LinesOptions } from "fibril";
import type { Made } from "./made.js";

/** An open socket. */
export interface Connection extends DirectBut<
  node.Connection,
  "reader" | "writer" | "lines" | "read" | "readUntil"
> {
  /** What reads from it. */
  readonly reader: ByteReader;
  /** What writes to it. */
  readonly writer: Writer<Bytes>;
  /** Waits for bytes: `count` of them if it is given. Results in `undefined` at the end. */
  read: ByteReader["read"];
  /** Waits for the bytes up to a mark. Throws FiberError when there are more than the limit allows. */
  readUntil: ByteReader["readUntil"];
  /** Its lines. A plain call. */
  lines(options?: LinesOptions): Reader<string>;
}
export const Connection = node.Connection as unknown as Made<Connection>;
/** Connects, and closes the connection when the scope around ends. */
export const connect = node.connect as unknown as (options: ConnectOptions) => Connection;

/** A server of sockets. */
export type Server = DirectBut<node.Server, never>;
export const Server = node.Server as unknown as Made<Server>;
/** Options of `listen`. */
export interface ListenOptions extends Omit<node.ListenOptions, "onError"> {
  /** Told of what a handler throws. A plain function. */
  readonly onError?: ((error: unknown, connection: Connection | undefined) => void) | undefined;
}
/** Listens, and runs a function as a fiber for each connection. Waits until it listens. */
export const listen = node.listen as unknown as (
  options: ListenOptions,
  handler: (connection: Connection) => unknown,
) => Server;
