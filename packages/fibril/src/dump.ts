/**
 * What all fibers are doing, as text for people.
 *
 * It must be useful with a million fibers, and so it is bounded. Siblings that are alike (with the same name,
 * the same stack, the same kind of wait, and the same fibers below them) are one entry with a count. The
 * other limits are below.
 */
import {
  activeSchedulers,
  activityOf,
  backtrace,
  checkFiber,
  type Fiber,
  type FiberFields,
  hasEnded,
  isDaemon,
  isTask,
  nameOf,
  openScopes,
  routineNames,
  schedulerOf,
  type ScopeCore,
  spawnScopeOf,
  strandFrames,
  type Task,
  waitOf,
} from "./core/index.js";

/** The most fibers that are looked at, which takes some tenths of a second. */
const LOOKED_AT = 50_000;
/** The most levels of the tree. */
const DEPTH = 20;
/** The most entries under one fiber. */
const WIDTH = 20;
/** The most frames of a stack. */
const FRAMES = 10;

/** One fiber, or several that are alike. */
interface Entry {
  readonly key: string;
  /** One of them, for its stack. */
  readonly example: Task;
  count: number;
  name: string;
  doing: string;
  /** The shortest and the longest of their waits so far, in milliseconds. */
  least: number;
  most: number;
  readonly below: readonly Entry[];
  /** There are fibers below that were not looked at. */
  readonly cut: boolean;
}

/**
 * Shows the tree of fibers: what each waits for, for how long, and where it stands. With a fiber as its
 * argument, it shows that fiber and those below it; without one, all fibers of the program.
 *
 * A plain call. The text is bounded: fibers that are alike are one entry, a stack is shown down to its tenth
 * frame, a tree to its twentieth level, and at most twenty entries under one fiber. Only the first 50,000
 * fibers are looked at. With `sourcePositions` of `fibril/inspect`, frames have their lines. Throws TypeError
 * for a value that is not a fiber.
 *
 * ```ts
 * await run({ name: "shop" }, function* () {
 *   for (let n = 0; n < 3; n++) spawn("customer", park);
 *   yield* yieldNow();
 *   console.log(dump());
 *   // 4 fibers
 *   // fiber "shop" is running
 *   //     at shop
 *   //   3 × fiber "customer" waits for unpark(…)
 *   //       at customer
 *   for (const customer of Fiber.current.children) unpark(customer);
 * });
 * ```
 */
export function dump(from?: Fiber): string {
  if (from !== undefined) checkFiber(from);
  const look = new Look();
  const lines: string[] = [];
  if (from === undefined) {
    const roots = look.entriesOf(
      [...activeSchedulers].map(({ root }) => root),
      1,
    );
    let live = 0;
    for (const { ready } of activeSchedulers) live += ready.live;
    lines.push(live === 1 ? "1 fiber" : `${numeral(live)} fibers`);
    write(lines, "", roots);
    if (look.left <= 0) lines.push(`… and ${numeral(live - LOOKED_AT)} fibers not looked at`);
    return lines.join("\n");
  }
  const fiber = from as unknown as FiberFields;
  if (!isTask(fiber) || hasEnded(fiber)) {
    lines.push(`fiber "${from.name}" is ${from.status}`);
    for (const frame of strandFrames(fiber, backtrace, FRAMES)) lines.push(`    at ${frame}`);
    return lines.join("\n");
  }
  write(lines, "", [look.entryOf(fiber, 1)]);
  if (look.left <= 0) lines.push("… and more fibers not looked at");
  return lines.join("\n");
}

/** The walk over the fibers for one dump. */
class Look {
  /** How many fibers may still be looked at. */
  left: number;
  /** A number for each key, so that a parent's key, which contains its children's, stays short. */
  readonly #keys: Map<string, number>;

  constructor() {
    this.left = LOOKED_AT;
    this.#keys = new Map();
  }

  entryOf(task: Task, level: number): Entry {
    this.left--;
    const scopes = openScopes(task);
    const cut = level === DEPTH && scopes.some((scope) => scope.first !== null);
    const below = cut ? [] : this.entriesOf(scopes, level + 1);
    const name = nameOf(task) + (isDaemon(task) ? " (daemon)" : "");
    const doing = activityOf(task) + cancelling(task, scopes);
    const frames = strandFrames(task, routineNames, FRAMES).join("\n");
    const children = below.map(({ key, count }) => `${count} ${this.#keys.get(key)}`).join();
    const key = [withoutNumbers(name), withoutNumbers(doing), frames, children, cut].join("\n\n");
    if (!this.#keys.has(key)) this.#keys.set(key, this.#keys.size);
    const waited = waitedOf(task);
    return {
      key,
      example: task,
      count: 1,
      name,
      doing,
      least: waited,
      most: waited,
      below,
      cut,
    };
  }

  /** The children in some scopes; those that are alike share an entry. */
  entriesOf(scopes: readonly ScopeCore[], level: number): Entry[] {
    const entries = new Map<string, Entry>();
    for (const scope of scopes) {
      for (const child of scope.children()) {
        if (this.left <= 0) break;
        const entry = this.entryOf(child, level);
        const like = entries.get(entry.key);
        if (like === undefined) entries.set(entry.key, entry);
        else merge(like, entry);
      }
    }
    return [...entries.values()];
  }
}

/** Adds an entry to one that is alike. The entries below them are alike too, one by one. */
function merge(into: Entry, entry: Entry): void {
  into.count += entry.count;
  if (into.name !== entry.name) into.name = withoutNumbers(entry.name);
  if (into.doing !== entry.doing) into.doing = withoutNumbers(entry.doing);
  into.least = Math.min(into.least, entry.least);
  into.most = Math.max(into.most, entry.most);
  for (const [index, below] of into.below.entries()) merge(below, entry.below[index] as Entry);
}

function withoutNumbers(text: string): string {
  return text.replaceAll(/\d+/g, "…");
}

function write(lines: string[], indent: string, entries: readonly Entry[]): void {
  for (const entry of entries.slice(0, WIDTH)) {
    const { count, name, doing, example, below, cut } = entry;
    const many = count === 1 ? "" : `${numeral(count)} × `;
    lines.push(`${indent}${many}fiber "${name}" ${doing}${soFar(entry)}`);
    for (const frame of strandFrames(example, backtrace, FRAMES))
      lines.push(`${indent}    at ${frame}`);
    write(lines, `${indent}  `, below);
    if (cut) lines.push(`${indent}  … and fibers below`);
  }
  const rest = entries.slice(WIDTH);
  if (rest.length === 0) return;
  const fibers = rest.reduce((sum, { count }) => sum + count, 0);
  lines.push(`${indent}… and ${numeral(fibers)} fibers of other kinds`);
}

function soFar({ least, most }: Entry): string {
  if (Number.isNaN(least)) return "";
  const range = least === most ? `${least}` : `${least} to ${most}`;
  return `, ${range} ms so far`;
}

function waitedOf(task: Task): number {
  const wait = waitOf(task);
  return wait === null ? Number.NaN : Math.max(0, schedulerOf(task).now() - wait.since);
}

/** Says that a fiber is being cancelled, even while it waits under a shield. */
function cancelling(task: Task, scopes: readonly ScopeCore[]): string {
  if (hasEnded(task)) return ""; // reading a name may run the program's code, which has ended it
  const asked = [spawnScopeOf(task), ...scopes].find(({ effective }) => effective !== null);
  return asked === undefined ? "" : `, being cancelled by its ${asked.effective?.source}`;
}

function numeral(n: number): string {
  return n.toLocaleString("en-US");
}
