/** The ring of the bug report for the runtimes that are Fibril: they differ only in what the members run. */
import { Fiber } from "fibril";
import type { Order } from "../cell.js";
import { made } from "../measuring/made.js";
import { inOrder } from "../measuring/order.js";
import type { Ring } from "../measuring/runtime.js";

/** The Ruby program reopens the class to add `next`; here it is a subclass. */
export class Member extends Fiber<[], never, unknown, void> {
  next: Member = this;
}

/** What the members count, and whom the last of them hands control back to. */
export interface Passes {
  passed: number;
  limit: number;
  supervisor: Fiber;
}

export function ringOf(create: () => Member, passes: Passes, size: number, order: Order): Ring {
  const members = inOrder(made(size, create), order);
  for (const [index, fiber] of members.entries()) {
    fiber.next = members[(index + 1) % size] as Member;
  }
  let at = 0;
  return {
    run(count) {
      passes.passed = 0;
      passes.limit = count;
      passes.supervisor = Fiber.current;
      (members[at] as Member).transfer();
      at = (at + count) % size;
      return passes.passed;
    },
  };
}
