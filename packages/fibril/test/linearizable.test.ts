/** The checker of linearizable.ts and its models find what is wrong with a history, and accept what is right. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isLinearizable } from "./support/linearizable.ts";
import {
  type ChannelCall,
  type PermitCall,
  SequentialChannel,
  SequentialPermits,
} from "./support/sequential.ts";

/** `"0-3 send 7"`, `"1-2 receive 7"`, `"4-5 trySend 8 missed"`. */
function channelHistory(...lines: string[]): ChannelCall[] {
  return lines.map((line) => {
    const [times = "", what, ...rest] = line.split(" ");
    const [begun = 0, ended = 0] = times.split("-").map(Number);
    const value = rest.find((word) => /^\d+$/.test(word));
    const how = rest.find((word) => !/^\d+$/.test(word)) ?? "done";
    return {
      begun,
      ended,
      what,
      how,
      value: value === undefined ? undefined : Number(value),
    } as ChannelCall;
  });
}

/** `"0-1 acquire 1"`, `"2-3 try 1 missed"`. */
function permitHistory(...lines: string[]): PermitCall[] {
  return lines.map((line) => {
    const [times = "", what, weight, missed] = line.split(" ");
    const [begun = 0, ended = 0] = times.split("-").map(Number);
    return { begun, ended, what, weight: Number(weight), got: missed === undefined } as PermitCall;
  });
}

interface Row {
  readonly name: string;
  readonly is: boolean;
  readonly history: readonly string[];
  readonly capacity?: number;
  readonly overflow?: "sliding" | "dropping";
}

const channels: readonly Row[] = [
  {
    name: "messages in the order of sending",
    is: true,
    history: ["0-1 send 1", "2-3 send 2", "4-5 receive 1", "6-7 receive 2"],
  },
  {
    name: "messages in another order",
    is: false,
    history: ["0-1 send 1", "2-3 send 2", "4-5 receive 2", "6-7 receive 1"],
  },
  { name: "a message that nobody sent", is: false, history: ["0-1 send 1", "2-3 receive 2"] },
  {
    name: "a message received twice",
    is: false,
    history: ["0-1 send 1", "2-3 receive 1", "4-5 receive 1"],
  },
  {
    name: "a message received before it is sent",
    is: false,
    history: ["0-1 receive 1", "2-3 send 1"],
  },
  {
    name: "a receiver that waits for its sender",
    is: true,
    history: ["0-3 receive 1", "1-2 send 1"],
  },
  {
    name: "a lost message: the channel is said to be empty",
    is: false,
    history: ["0-1 send 1", "2-3 tryReceive missed"],
  },
  {
    name: "a message of a cancelled send",
    is: false,
    history: ["0-1 send 1 cut", "2-3 receive 1"],
  },
  {
    name: "a message of a killed send",
    is: true,
    history: ["0-1 send 1 perhaps", "2-3 receive 1"],
  },
  {
    name: "a message that a cancelled receiver has swallowed",
    is: false,
    history: ["0-3 receive cut", "1-2 send 1", "4-5 tryReceive missed"],
  },
  {
    name: "a message that a killed receiver has taken along",
    is: true,
    history: ["0-3 receive perhaps", "1-2 send 1", "4-5 tryReceive missed"],
  },
  {
    name: "more messages than fit",
    is: false,
    capacity: 1,
    history: ["0-1 send 1", "2-3 send 2", "4-5 receive 1", "6-7 receive 2"],
  },
  {
    name: "a send that waits for room",
    is: true,
    capacity: 1,
    history: ["0-1 send 1", "2-5 send 2", "3-4 receive 1", "6-7 receive 2"],
  },
  {
    name: "a trySend that misses although there is room",
    is: false,
    history: ["0-1 trySend 1 missed"],
  },
  {
    name: "a trySend that passes a sender that waits",
    is: false,
    capacity: 1,
    history: ["0-1 send 1", "2-9 send 2", "3-4 receive 1", "5-6 trySend 3", "7-8 receive 3"],
  },
  {
    name: "a sender that is served before an older one",
    is: false,
    capacity: 1,
    history: [
      "0-1 send 1",
      "2-9 send 2",
      "3-8 send 3",
      "4-5 receive 1",
      "6-7 receive 3",
      "10-11 receive 2",
    ],
  },
  {
    name: "a receiver that is served before an older one",
    is: false,
    history: ["0-7 receive 2", "1-6 receive 1", "2-3 send 1", "4-5 send 2"],
  },
  {
    name: "a rendezvous",
    is: true,
    capacity: 0,
    history: ["0-3 send 1", "1-2 receive 1"],
  },
  {
    name: "a rendezvous with nobody",
    is: false,
    capacity: 0,
    history: ["0-1 send 1", "2-3 receive 1"],
  },
  {
    name: "a trySend that does not see the waiting receiver",
    is: false,
    capacity: 0,
    history: ["0-5 receive 2", "1-2 trySend 1 missed", "3-4 send 2"],
  },
  {
    name: "a send after the close",
    is: false,
    history: ["0-1 close", "2-3 send 1"],
  },
  {
    name: "a message of before the close",
    is: true,
    history: ["0-1 send 1", "2-3 close", "4-5 receive 1", "6-7 receive closed"],
  },
  {
    name: "a message that the close has lost",
    is: false,
    history: ["0-1 send 1", "2-3 close", "4-5 receive closed"],
  },
  { name: "an end without a close", is: false, history: ["0-1 receive closed"] },
  {
    name: "a full channel that forgets the oldest message",
    is: true,
    capacity: 1,
    overflow: "sliding",
    history: ["0-1 send 1", "2-3 send 2", "4-5 receive 2"],
  },
  {
    name: "a full channel that forgets the wrong message",
    is: false,
    capacity: 1,
    overflow: "dropping",
    history: ["0-1 send 1", "2-3 send 2", "4-5 receive 2"],
  },
];

for (const { capacity = Infinity, history, is, name, overflow } of channels) {
  test(`a channel: ${name}: ${is ? "yes" : "no"}`, () => {
    const model = new SequentialChannel(capacity, overflow);
    assert.equal(isLinearizable(channelHistory(...history), model), is);
  });
}

const locks: readonly Row[] = [
  { name: "two holders", is: false, history: ["0-1 acquire 1", "2-3 acquire 1"] },
  {
    name: "a holder after the other",
    is: true,
    history: ["0-1 acquire 1", "2-5 release 1", "3-4 acquire 1"],
  },
  { name: "a try that misses what is free", is: false, history: ["0-1 try 1 missed"] },
  {
    name: "a try that does not pass a fiber that waits",
    is: true,
    capacity: 2,
    history: ["0-1 acquire 1", "2-7 acquire 2", "3-4 try 1 missed", "5-6 release 1"],
  },
  {
    name: "a try that passes a fiber that waits",
    is: false,
    capacity: 2,
    history: ["0-1 acquire 1", "2-7 acquire 2", "3-4 try 1", "5-6 release 1", "8-9 release 1"],
  },
  {
    name: "a permit that is lost",
    is: false,
    history: ["0-1 acquire 1", "2-3 release 1", "4-5 try 1 missed"],
  },
  {
    name: "a waiter that was given a permit and then cut",
    is: true,
    capacity: 2,
    history: [
      "0-1 acquire 2",
      "2-9 cut 1",
      "2-10 back 1",
      "3-4 release 2",
      "5-6 acquire 1",
      "7-8 try 1 missed",
    ],
  },
  {
    name: "a permit of a waiter that was cut",
    is: false,
    history: ["0-1 acquire 1", "2-5 cut 1", "3-4 release 1", "6-7 try 1 missed"],
  },
  {
    name: "a waiter that is served before an older one",
    is: false,
    history: ["0-1 acquire 1", "2-9 acquire 1", "3-6 acquire 1", "4-5 release 1", "7-8 release 1"],
  },
  {
    name: "more than the limit after it has been lowered",
    is: false,
    capacity: 2,
    history: ["0-1 resize 1", "2-3 acquire 1", "4-5 acquire 1"],
  },
  {
    name: "as many as the limit after it has been raised",
    is: true,
    history: ["0-1 acquire 1", "2-5 acquire 1", "3-4 resize 2"],
  },
];

for (const { capacity = 1, history, is, name } of locks) {
  test(`a lock: ${name}: ${is ? "yes" : "no"}`, () => {
    const model = new SequentialPermits(capacity);
    assert.equal(isLinearizable(permitHistory(...history), model), is);
  });
}
