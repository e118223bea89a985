/** What changes in the file system. */
import { watch as watchNode } from "node:fs";
import type { Channel, EventOverflow } from "fibril";
import { checkOptions, checkScheduled, FLAG, oneOf, type Rules, TEXT } from "fibril/extend";
import { incoming } from "../incoming.js";
import { COUNT } from "../net/options.js";
import { pathOf } from "./call.js";

/** A change, as far as the system tells. */
export interface Change {
  /** `rename` when a name has come or gone, `change` when a content has. */
  readonly type: "rename" | "change";
  /** What has changed, below the path that is watched; null where the system does not tell. */
  readonly name: string | null;
}

/** Options of `watch`. */
export interface WatchOptions {
  /** Whether folders below are watched too: false by default. */
  readonly recursive?: boolean | undefined;
  /** Changes that may be kept until they are received: 1,024 by default. */
  readonly capacity?: number | undefined;
  /**
   * When there are so many: `"fail"`, the default, ends the channel with a FiberError of code `overflow`; `"sliding"`
   * forgets the oldest, `"dropping"` the new one.
   */
  readonly overflow?: EventOverflow | undefined;
  /** For dumps and messages. */
  readonly name?: string | undefined;
}

const RULES: Rules<WatchOptions> = {
  recursive: FLAG,
  capacity: COUNT,
  overflow: oneOf("fail", "sliding", "dropping"),
  name: TEXT,
};

/**
 * Watches a file or a folder until the innermost scope ends, by `fs.watch`: as a channel of changes, which may be closed
 * before.
 *
 * A plain call. Throws Node's error when it cannot (`ENOENT`, `ENOSPC` when the system watches too many), TypeError and
 * RangeError for an invalid path and options. What the system tells differs: one change may come twice, and several
 * as one, so look at the file to know how it is. A folder that was removed is silent.
 *
 * ```ts
 * import { run } from "fibril";
 * import { tempDir, watch, writeFile } from "@fibril/node";
 *
 * const name = await run(function* () {
 *   const folder = yield* tempDir();
 *   const changes = watch(folder);
 *   yield* writeFile(`${folder}/news`, "");
 *   return (yield* changes.receive())?.name;
 * });
 * name; // "news"
 * ```
 */
export function watch(path: string | URL, options: WatchOptions = {}): Channel<Change> {
  const place = pathOf("watch", path);
  checkOptions("watch", options, RULES);
  checkScheduled("watch");
  const { recursive = false, capacity = 1_024, overflow, name = `changes of ${place}` } = options;
  return incoming<Change>({ capacity, overflow, name }, (told) => {
    const watcher = watchNode(place, { recursive }, (type, name) => told.message({ type, name }));
    watcher.on("error", (error) => told.fails(error));
    return () => watcher.close();
  });
}
