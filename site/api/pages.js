/**
 * Which page of the reference an export is on. A page is a concept, and a concept is a source file, so most of this is
 * read from where the sources are; what the core and the top folder declare has its place in the lists below.
 */
import { basename, dirname } from "node:path";

/** Folders whose files are a page each, and the group of those pages; `@fibril/node` has folders of its own. */
const FOLDERS = {
  fibril: {
    channel: "channels",
    combine: "combining",
    lock: "locks",
    policy: "policies",
    bridge: "bridges",
  },
  "@fibril/node": {
    net: "sockets",
    http: "http",
    ws: "http",
    process: "processes",
    files: "files",
    workers: "cores",
    cluster: "cores",
  },
};

export const GROUPS = [
  ["coroutines", "Coroutines", "Fibers that are driven by hand, and what they are made of."],
  [
    "running",
    "Running",
    "Starting fibers on a host, and the waits that everything else is built on.",
  ],
  ["structure", "Structure", "Scopes, cancellation, time limits, clean-up, supervision."],
  ["channels", "Channels", "Messages between fibers."],
  ["locks", "Locks", "Meeting points of fibers, and resources that they share."],
  ["combining", "Combining", "Several routines at once."],
  ["policies", "Policies", "When, how often, and what to do about failures."],
  ["bridges", "Bridges", "Promises, signals, events, streams and ports, in both directions."],
  ["errors", "Errors", "What is thrown, and how fibers end."],
  ["observing", "Observing", "What all fibers are doing."],
  [
    "testing",
    "Testing",
    "Virtual time, orders that can be repeated, a check for fibers left behind.",
  ],
  [
    "frames",
    "Frames",
    "State machines, written by hand or by a compiler; functions in direct style.",
  ],
  ["sockets", "Sockets", "`@fibril/node`: servers and clients of TCP, TLS and Unix sockets."],
  ["http", "HTTP", "`@fibril/node`: servers, `fetch`, bodies, server-sent events, WebSockets."],
  ["processes", "Processes", "`@fibril/node`: other programs, signals, standard input."],
  ["files", "Files", "`@fibril/node`: files and folders."],
  [
    "cores",
    "Many cores",
    "`@fibril/node`: pools of worker threads, and servers in several processes.",
  ],
].map(([id, title, about]) => ({ id, title, about }));

/** Pages whose exports come from several files, or from a file outside the folders above. */
const PAGES = {
  "coroutines/fiber": ["fiber.ts", "core/fiber/fiber.ts", "Cancelling", "Raisable", "StorageKey"],
  "coroutines/routine": ["routine", "call", "core/kernel/types.ts"],
  "coroutines/op": ["Op"],
  "running/run": ["run.ts", "Budget"],
  "running/main": ["main.ts"],
  "running/spawn": ["core/schedule/task.ts"],
  "running/sleep": ["sleep.ts", "checkpoint", "now"],
  "running/suspend": ["core/kernel/suspend.ts", "core/fiber/park.ts"],
  "running/until": ["until.ts", "abort.ts"],
  "running/orders": ["policies.ts", "core/ready/ready-set.ts"],
  "running/host": ["core/kernel/host.ts"],
  "structure/scope": ["scope.ts", "create-scope.ts"],
  "structure/started": ["start.ts"],
  "structure/deadlines": ["deadline.ts"],
  "structure/cancelling": ["cancelling.ts"],
  "structure/defer": ["defer.ts", "ScopeEnding"],
  "structure/resource": ["resource.ts"],
  "structure/context": ["context.ts"],
  "structure/monitor": ["monitor.ts"],
  "structure/supervise": ["supervise.ts"],
  "channels/channel": ["channel/channel.ts", "channel/halves.ts", "channel/each.ts"],
  "channels/select": ["channel/select.ts", "channel/selection.ts"],
  "locks/lock-options": ["lock/options.ts"],
  "combining/work": ["combine/work.ts", "combine/source.ts"],
  "policies/cron": ["cron.ts"],
  "bridges/events": ["bridge/events.ts", "bridge/listen.ts"],
  "bridges/streams": ["bridge/node-streams.ts", "bridge/web-streams.ts"],
  "errors/errors": ["core/kernel/errors.ts", "CancelSource"],
  "errors/outcome": ["FiberOutcome"],
  "observing/dump": ["dump.ts"],
  "observing/probe": ["core/kernel/probe.ts"],
  "observing/inspect": ["inspect.ts"],
  "testing/virtual-host": ["testing/virtual-host.ts"],
  "testing/simulate": ["testing/simulate.ts", "SimulationError"],
  "testing/leaks": ["testing/leaks.ts"],
};

/** The same for `@fibril/node`. */
const NODE_PAGES = {
  "sockets/listen": ["net/listen.ts", "net/life.ts"],
  "http/serve": ["http/serve.ts", "http/exchange.ts"],
  "http/websockets": ["ws/index.ts"],
};

/** Pages with a title of their own. All others have the name of their first export that is no type. */
const TITLES = {
  "coroutines/fiber": "Fiber",
  "coroutines/routine": "routine",
  "running/run": "run",
  "running/spawn": "spawn",
  "running/sleep": "sleep",
  "running/suspend": "suspend",
  "structure/scope": "scope",
  "locks/once": "Once",
  "locks/pool": "Pool",
  "combining/map": "map",
  "policies/supervisor": "supervisor",
  "bridges/bytes": "bytes",
  "running/orders": "Orders of running",
  "running/host": "Host",
  "structure/deadlines": "Time limits",
  "combining/work": "What is combined",
  "bridges/streams": "Streams of hosts",
  "bridges/extend": "For other packages",
  "errors/errors": "Errors",
  "errors/outcome": "FiberOutcome",
  "observing/probe": "Probe",
  "frames/frames": "State machines",
  "frames/direct": "Direct style",
  "frames/direct-node": "Direct style with @fibril/node",
  "channels/mailbox": "Mailboxes",
  "policies/schedule": "Schedules",
  "sockets/listen": "listen",
  "http/serve": "serve",
  "http/reply": "reply",
  "http/body": "Bodies",
  "http/websockets": "WebSockets",
};

/** `group/page` of an export. Throws when nothing says where it belongs. */
function pageOf({ name, file, specifier }) {
  if (specifier === "fibril/frames") return "frames/frames";
  if (specifier === "fibril/extend") return "bridges/extend";
  if (specifier === "fibril/direct") return "frames/direct";
  if (/^@fibril\/node\/(ws\/)?direct$/.test(specifier)) return "frames/direct-node";
  const ofNode = specifier.startsWith("@fibril/node");
  const pages = Object.entries(ofNode ? NODE_PAGES : PAGES);
  for (const what of [name, file]) {
    const found = pages.find(([, members]) => members.includes(what));
    if (found !== undefined) return found[0];
  }
  const group = FOLDERS[ofNode ? "@fibril/node" : "fibril"][dirname(file)];
  if (group !== undefined) return `${group}/${basename(file, ".ts")}`;
  throw new Error(
    `${name} of ${specifier}, declared in src/${file}, has no page: add it to site/api/pages.js`,
  );
}

function titleOf(page, exports) {
  return TITLES[page] ?? (exports.find(({ isType }) => !isType) ?? exports[0]).name;
}

/** All pages in the order of the groups, each with its exports. */
export function pagesOf(exports) {
  const pages = new Map();
  for (const one of exports) {
    const page = pageOf(one);
    if (!pages.has(page)) pages.set(page, []);
    pages.get(page).push(one);
  }
  return GROUPS.flatMap((group) =>
    [...pages]
      .filter(([page]) => page.startsWith(`${group.id}/`))
      .map(([page, of]) => ({ page, group, title: titleOf(page, of), exports: of })),
  );
}
