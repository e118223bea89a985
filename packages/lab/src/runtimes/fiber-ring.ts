/** The ring of the bug report for the runtimes that are Fibril: they differ only in what the members run. */
import { Fiber } from "fibril";
import type { Order } from "../cell.js";
import { linkedRing } from "../measuring/linked-ring.js";
import { made } from "../measuring/made.js";
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
  return linkedRing(made(size, create), order, (first, count) => {
    passes.passed = 0;
    passes.limit = count;
    passes.supervisor = Fiber.current;
    first.transfer();
    return passes.passed;
  });
}
