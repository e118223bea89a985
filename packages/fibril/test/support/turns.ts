/** Plays a program turn by turn, for the models that look at the world between any two turns. */
import assert from "node:assert/strict";
import type { Policy, Routine } from "fibril";
import type { TaskFields } from "#core/kernel/registers";
import type { AnyFiber } from "./body.ts";
import { checkScheduler } from "./invariants.ts";
import { begin, checkIdle, ManualHost } from "./manual-host.ts";

export interface Turns {
  readonly policy: Policy;
  readonly program: () => Routine<void>;
  /**
   * All fibers that the program has started. Without them the scheduler is not checked, which is for programs that
   * select among times: the check does not know the timers of a select's cases.
   */
  readonly fibers?: () => readonly AnyFiber[];
  /** Called before each turn. Plain code may act there as long as the program is alive. */
  readonly between: (alive: boolean) => void;
  /** More turns than any schedule needs: 5,000 by default. */
  readonly most?: number;
}

/** Throws what the program has thrown: an assertion that fails in it must not be lost with its promise. */
export function playTurns({ between, fibers, most = 5_000, policy, program }: Turns): void {
  const host = new ManualHost();
  const { fiber, scheduler } = begin({ host, policy }, program);
  for (let steps = 0; ; steps++) {
    assert.ok(steps < most, "it comes to an end");
    if (fibers) {
      const ended = fibers().filter((each) => !each.alive);
      checkScheduler(scheduler, ended as never as TaskFields[]);
    }
    between(fiber.alive);
    if (!host.step()) break;
  }
  assert.equal(fiber.alive, false, "nobody hangs");
  assert.equal(fiber.outcome?.ending, "returned", String(fiber.outcome?.value));
  checkIdle(scheduler);
  assert.deepEqual(host.reported, []);
}
