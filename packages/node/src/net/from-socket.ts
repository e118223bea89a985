/** Placeholder of the skeleton. */
import { type ByteReader, bytes } from "fibril";
import type { Socket } from "node:net";

export function fromSocket(socket: Socket): ByteReader {
  return bytes(socket);
}
