/** The host that this program runs on. */
import type { Host } from "../core/index.js";
import { BrowserHost } from "./browser.js";
import { globals } from "./globals.js";
import { NodeHost } from "./node.js";

let host: Host | undefined;

export function defaultHost(): Host {
  host ??= globals.setImmediate === undefined ? new BrowserHost() : new NodeHost();
  return host;
}
