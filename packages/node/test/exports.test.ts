/** What the package exports, so that a change of it is a decision. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as node from "@fibril/node";
import * as ws from "@fibril/node/ws";

test("the entries export this and no more", () => {
  assert.deepEqual(Object.keys(node).toSorted(), [
    "Connection",
    "HttpError",
    "OpenFile",
    "Process",
    "ProcessError",
    "Server",
    "bodyOf",
    "connect",
    "exec",
    "fetch",
    "lines",
    "listen",
    "listener",
    "moduleAt",
    "onSignal",
    "open",
    "openCluster",
    "openWorkers",
    "parallel",
    "readBytes",
    "readFile",
    "readJson",
    "readText",
    "replaceFile",
    "reply",
    "replyEvents",
    "replyJson",
    "serve",
    "sharedContext",
    "spawnProcess",
    "stdinLines",
    "tempDir",
    "transfer",
    "walk",
    "watch",
    "writeFile",
  ]);
  assert.deepEqual(Object.keys(ws).toSorted(), [
    "WebSocketChannels",
    "acceptWebSocket",
    "openWebSocket",
  ]);
});
