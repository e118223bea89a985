/**
 * Switches a perf that runs around this process on and off. Perf counts only while the gate is open: the
 * timed section and nothing else. `perf stat --control fifo:…` describes the protocol.
 */
import { openSync, readSync, writeSync } from "node:fs";

export interface Gate {
  open(): void;
  close(): void;
}

const NONE: Gate = { open() {}, close() {} };

export function perfGate(): Gate {
  const { FIBRIL_PERF_CONTROL: control, FIBRIL_PERF_ACK: ack } = process.env;
  if (control === undefined || ack === undefined) return NONE;
  const [to, from] = [openSync(control, "w"), openSync(ack, "r")];
  const say = (word: string): void => {
    writeSync(to, `${word}\n`);
    const byte = Buffer.alloc(1);
    while (readSync(from, byte, 0, 1, null) === 1 && byte.toString() !== "\n");
  };
  return { open: () => say("enable"), close: () => say("disable") };
}
