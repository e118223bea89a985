/** What the package exports, so that a change of it is a decision. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as node from "@fibril/node";
import * as ws from "@fibril/node/ws";

test("the entries export this and no more", () => {
  assert.deepEqual(Object.keys(node).toSorted(), [
    "Connection",
    "HttpError",
    "Server",
    "bodyOf",
    "connect",
    "fetch",
    "listen",
    "listener",
    "moduleAt",
    "openCluster",
    "openWorkers",
    "parallel",
    "readBytes",
    "readJson",
    "readText",
    "reply",
    "replyEvents",
    "replyJson",
    "serve",
    "sharedContext",
    "transfer",
  ]);
  assert.deepEqual(Object.keys(ws).toSorted(), [
    "WebSocketChannels",
    "acceptWebSocket",
    "openWebSocket",
  ]);
});
