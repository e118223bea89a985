/** Fibers that a test has leaked: they have not ended when it is over. */
import {
  activeSchedulers,
  activityOf,
  type Fiber,
  FiberError,
  nextSite,
  recordSites,
  siteOf,
  spawnLineOf,
  type Task,
} from "../core/index.js";
import { defaultHost } from "../host/default.js";

/** How often the real event loop goes round before a fiber that is ending counts as leaked. */
const PATIENCE = 10;
/** The most fibers that are listed; the others are counted. */
const LISTED = 20;

/**
 * Calls a function and checks that all fibers that it started have ended. The promise gives the function's
 * result.
 *
 * If some fibers have not ended, the promise rejects with FiberError, which lists what they wait for and where
 * they were spawned. It also cancels them, so that the test's process can end. Fibers that other code in the
 * same process starts at the same time cannot be told from the function's own. Recording costs some tens of
 * microseconds per fiber.
 *
 * ```ts
 * const answer = await expectNoLeaks(() => run(function* () {
 *   return 42;
 * }));
 * assert.equal(answer, 42);
 * ```
 */
export async function expectNoLeaks<T>(work: () => T): Promise<Awaited<T>> {
  const first = nextSite();
  recordSites(true);
  try {
    const result = await work();
    for (let turn = 0; turn < PATIENCE && leaked(first).length > 0; turn++) await realTurn();
    const left = leaked(first);
    if (left.length === 0) return result;
    const error = new FiberError("leaked", messageOf(left));
    for (const fiber of left) (fiber as unknown as Fiber).cancel("left behind");
    throw error;
  } finally {
    recordSites(false);
  }
}

function leaked(first: number): Task[] {
  const left: Task[] = [];
  for (const { ready } of activeSchedulers) {
    for (const task of ready) {
      if ((siteOf(task)?.order ?? -1) >= first) left.push(task);
    }
  }
  return left;
}

function messageOf(left: readonly Task[]): string {
  const lines = left.slice(0, LISTED).map((task) => {
    return `${spawnLineOf(task)}: ${activityOf(task)}`;
  });
  if (left.length > LISTED) lines.push(`and ${left.length - LISTED} more`);
  const title =
    left.length === 1 ? "a fiber has not ended" : `${left.length} fibers have not ended`;
  return `${title}:\n  ${lines.join("\n  ")}`;
}

function realTurn(): Promise<void> {
  return new Promise((resolve) => {
    defaultHost().post(resolve);
  });
}
